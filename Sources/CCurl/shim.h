// libcurl, and the calls of it that Swift cannot make: the C functions are variadic, and Swift imports none of
// those. One wrapper for each type of argument; curl_easy_setopt(3) and curl_easy_getinfo(3) name it per option.
// Header only, nothing to link besides libcurl.

#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

// The type checks are macros for constant options; the option here is a parameter, so that they would only cost time.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// The oldest libcurl with all the functions used here: CURLOPT_PROTOCOLS_STR(3) is the youngest.
#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85.0 or newer is needed"
#endif

// CURLOPT_WRITEFUNCTION(3), CURLOPT_HEADERFUNCTION(3) and CURLOPT_READFUNCTION(3) share this form.
typedef size_t (*ccurl_data_callback)(char *data, size_t size, size_t count, void *context);

// CURLOPT_SEEKFUNCTION(3)
typedef int (*ccurl_seek_callback)(void *context, curl_off_t offset, int origin);

static inline CURLcode ccurl_setopt_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_setopt_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_setopt_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_setopt_callback(CURL *easy, CURLoption option, ccurl_data_callback value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_setopt_seek(CURL *easy, ccurl_seek_callback value) {
    return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, value);
}

static inline CURLcode ccurl_getinfo_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode ccurl_getinfo_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

#endif
