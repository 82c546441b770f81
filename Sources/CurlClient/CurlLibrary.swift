internal import CCurl

/// The curl library itself.
package enum CurlLibrary {
    /// The versions of libcurl and of what it is built on, as curl tells them.
    package static var version: String {
        unsafe String(cString: curl_version())
    }

    /// Starts libcurl before its first handle, once: curl_global_init(3) may not run twice at a time, and a static
    /// property is set by one thread while the others wait.
    static let started: Void = {
        let code = curl_global_init(Int(CURL_GLOBAL_ALL))
        precondition(code == CURLE_OK, "libcurl cannot start: \(code.words)")
    }()
}

extension CURLcode {
    /// What curl_easy_strerror(3) says of the code.
    var words: String {
        unsafe String(cString: curl_easy_strerror(self))
    }
}
