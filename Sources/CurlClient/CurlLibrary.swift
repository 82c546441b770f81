internal import CCurl

/// The curl library itself.
package enum CurlLibrary {
    /// The versions of libcurl and of its libraries, as curl tells them.
    package static var version: String {
        unsafe String(cString: curl_version())
    }

    /// Starts libcurl before its first handle, once: curl_global_init(3) may not run twice at a time, and a static
    /// property is initialised by one thread while the others wait.
    static let started: Void = {
        let code = curl_global_init(Int(CURL_GLOBAL_ALL))
        precondition(code == CURLE_OK, "libcurl cannot start: \(code.words)")
    }()
}

extension CURLcode {
    /// The description by curl_easy_strerror(3).
    var words: String {
        unsafe String(cString: curl_easy_strerror(self))
    }
}
