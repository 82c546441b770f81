internal import CCurl

/// A client that makes one request at a time and waits for it.
///
/// Its connections stay open between requests and serve again, which `CurlResponse.newConnections` shows. As every
/// libcurl program does, it repeats a request when a reused connection closes without an answer. A client belongs to
/// one thread at a time; two threads take two clients.
///
/// It is a class, because curl calls back with a pointer to it; it owns the handle that can call.
package final class CurlClient {
    private let easy = EasyHandle()
    private var lines = LineList()
    private var upload = UploadSource([])
    private var collected = ResponseCollector(maxBody: 0)

    /// Makes a client; it connects at the first request.
    package init() {}

    /// Makes a request and returns the whole response, of whatever status.
    package func perform(_ request: CurlRequest) throws(CurlError) -> CurlResponse {
        prepare(request)
        let code = easy.perform()
        guard code == CURLE_OK, let head = collected.head else {
            throw CurlError(code: Int(code.rawValue), message: easy.words(for: code))
        }
        return CurlResponse(
            head: head, interim: collected.interim, body: collected.body,
            time: easy.time(CURLINFO_TOTAL_TIME_T) - easy.time(CURLINFO_CONNECT_TIME_T),
            newConnections: easy.count(CURLINFO_NUM_CONNECTS))
    }

    private func prepare(_ request: CurlRequest) {
        easy.reset()
        lines = LineList()
        collected = ResponseCollector(maxBody: request.maxResponseBody)
        if case .chunked(let pieces) = request.body { upload = UploadSource(pieces) }
        easy.setRoute(request)
        easy.setMethodAndBody(request)
        lines.append(request)
        easy.set(CURLOPT_HTTPHEADER, lines)
        setCallbacks()
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

// The callbacks. Curl runs them inside the call that advances the transfer, on that thread.
extension CurlClient {
    private func setCallbacks() {
        let context = unsafe UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        unsafe easy.set(
            CURLOPT_HEADERFUNCTION,
            { data, size, count, context in
                let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
                unsafe CurlClient.at(context).collected.take(line: bytes)
                return size * count
            }, CURLOPT_HEADERDATA, context)
        unsafe easy.set(
            CURLOPT_WRITEFUNCTION,
            { data, size, count, context in
                let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
                // CURLOPT_WRITEFUNCTION(3): any other number than that of the bytes ends the transfer.
                return unsafe CurlClient.at(context).collected.take(body: bytes) ? size * count : 0
            }, CURLOPT_WRITEDATA, context)
        unsafe easy.set(
            CURLOPT_READFUNCTION,
            { data, size, count, context in
                let buffer = unsafe UnsafeMutableRawBufferPointer(start: data, count: size * count)
                return unsafe CurlClient.at(context).upload.fill(buffer)
            }, CURLOPT_READDATA, context)
        unsafe easy.setSeek(
            { context, offset, _ in
                precondition(offset == 0, "an upload is only ever started over from its beginning")
                unsafe CurlClient.at(context).upload.rewind()
                return CURL_SEEKFUNC_OK
            }, context)
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> CurlClient {
        guard let context = unsafe context else { preconditionFailure("curl called back without the context") }
        return unsafe Unmanaged<CurlClient>.fromOpaque(context).takeUnretainedValue()
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
