internal import CCurl

/// A client that makes one request at a time and waits for it.
///
/// Its connections stay open between requests and serve again, which `CurlResponse.newConnections` shows. As every
/// libcurl program does, it repeats a request when a reused connection closes without an answer. A client belongs to
/// one thread at a time; two threads take two clients.
package final class CurlClient {
    private let transfer = Transfer()

    /// Makes a client; it connects at the first request.
    package init() {}

    /// Makes a request and returns the whole response, of whatever status.
    package func perform(_ request: CurlRequest) throws(CurlError) -> CurlResponse {
        transfer.prepare(request)
        return try transfer.outcome(transfer.easy.perform()).get()
    }
}

extension CurlClient {
    package func get(_ url: String) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url))
    }

    package func post(_ url: String, _ bytes: [UInt8]) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url, body: .bytes(bytes)))
    }
}

/// The curl library itself.
enum CurlLibrary {
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
