#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

#include "CKernels.h"

enum { MOST_FIELDS = 100 };

static void *load(const char *const *libraries, const char *symbol) {
    for (; *libraries != NULL; libraries++) {
        void *library = dlopen(*libraries, RTLD_NOW | RTLD_LOCAL);
        void *found = library != NULL ? dlsym(library, symbol) : NULL;
        if (found != NULL) return found;
    }
    return NULL;
}

/* picohttpparser.h, which Debian does not install. */
struct phr_header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

typedef int parse_request_function(
    const char *bytes, size_t length, const char **method, size_t *method_length, const char **path,
    size_t *path_length, int *minor_version, struct phr_header *fields, size_t *count, size_t last_length);

static parse_request_function *picohttpparser(void) {
    static const char *const names[] = {"libh2o-evloop.so.0.13", "libh2o.so.0.13", "libh2o-evloop.so", "libh2o.so", NULL};
    static parse_request_function *function;
    if (function == NULL) function = (parse_request_function *)load(names, "phr_parse_request");
    return function;
}

bool has_picohttpparser(void) { return picohttpparser() != NULL; }

bool parse_with_picohttpparser(const uint8_t *bytes, size_t length, long times) {
    parse_request_function *parse = picohttpparser();
    for (; times > 0; times--) {
        struct phr_header fields[MOST_FIELDS];
        size_t count = MOST_FIELDS, method_length, path_length;
        const char *method, *path;
        int minor_version;
        int n = parse(
            (const char *)bytes, length, &method, &method_length, &path, &path_length, &minor_version, fields, &count, 0);
        if (n != (int)length) return false;
    }
    return true;
}

#if __has_include(<http_parser.h>)
#include <http_parser.h>

/* Where everything stands, which picohttpparser and Letterbox tell as well. */
struct head {
    const char *url;
    size_t url_length;
    struct phr_header fields[MOST_FIELDS];
    size_t count;
    bool complete;
};

static int take_url(http_parser *parser, const char *at, size_t length) {
    struct head *head = parser->data;
    head->url = at;
    head->url_length = length;
    return 0;
}

static int take_name(http_parser *parser, const char *at, size_t length) {
    struct head *head = parser->data;
    if (head->count == MOST_FIELDS) return 1;
    head->fields[head->count].name = at;
    head->fields[head->count].name_len = length;
    return 0;
}

static int take_value(http_parser *parser, const char *at, size_t length) {
    struct head *head = parser->data;
    head->fields[head->count].value = at;
    head->fields[head->count++].value_len = length;
    return 0;
}

static int complete(http_parser *parser) {
    struct head *head = parser->data;
    head->complete = true;
    return 0;
}

struct functions {
    void (*init)(http_parser *, enum http_parser_type);
    size_t (*execute)(http_parser *, const http_parser_settings *, const char *, size_t);
};

static struct functions functions(void) {
    static const char *const names[] = {"libhttp_parser.so.2.9", "libhttp_parser.so", NULL};
    static struct functions found;
    if (found.execute == NULL) {
        found.init = (void (*)(http_parser *, enum http_parser_type))load(names, "http_parser_init");
        found.execute = (size_t(*)(http_parser *, const http_parser_settings *, const char *, size_t))load(
            names, "http_parser_execute");
    }
    return found;
}

bool has_http_parser(void) { return functions().execute != NULL; }

bool parse_with_http_parser(const uint8_t *bytes, size_t length, long times) {
    static const http_parser_settings settings = {
        .on_url = take_url, .on_header_field = take_name, .on_header_value = take_value,
        .on_headers_complete = complete};
    struct functions f = functions();
    for (; times > 0; times--) {
        struct head head;
        head.count = 0;
        head.complete = false;
        http_parser parser = {.data = &head};
        f.init(&parser, HTTP_REQUEST);
        parser.data = &head;
        if (f.execute(&parser, &settings, (const char *)bytes, length) != length || !head.complete) return false;
    }
    return true;
}
#else
bool has_http_parser(void) { return false; }

bool parse_with_http_parser(const uint8_t *bytes, size_t length, long times) {
    (void)bytes, (void)length, (void)times;
    return false;
}
#endif
