internal import CCurl

/// One easy handle, the content that its transfer sends, and the response that it collects.
///
/// It is a class, because curl calls back with a pointer to it. It owns the handle, so that it exists as long as curl
/// can call.
final class Transfer {
    let easy = EasyHandle()
    private var lines = LineList()
    private var upload = UploadSource([])
    private var collected = ResponseCollector(maxBody: 0)

    /// Prepares the handle for a request.
    func prepare(_ request: CurlRequest) {
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

    /// The outcome of a transfer that ended with this code.
    func outcome(_ code: CURLcode) -> Result<CurlResponse, CurlError> {
        guard code == CURLE_OK, let head = collected.head else {
            return .failure(CurlError(code: Int(code.rawValue), message: easy.words(for: code)))
        }
        return .success(
            CurlResponse(
                head: head, interim: collected.interim, body: collected.body, timings: easy.timings,
                newConnections: easy.count(CURLINFO_NUM_CONNECTS)))
    }
}

// The callbacks. Curl runs them inside the call that advances the transfer, on that thread.
extension Transfer {
    private func setCallbacks() {
        let context = unsafe UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        unsafe easy.set(
            CURLOPT_HEADERFUNCTION,
            { data, size, count, context in
                let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
                unsafe Transfer.at(context).collected.take(line: bytes)
                return size * count
            }, CURLOPT_HEADERDATA, context)
        unsafe easy.set(
            CURLOPT_WRITEFUNCTION,
            { data, size, count, context in
                let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
                // CURLOPT_WRITEFUNCTION(3): any other number than that of the bytes ends the transfer.
                return unsafe Transfer.at(context).collected.take(body: bytes) ? size * count : 0
            }, CURLOPT_WRITEDATA, context)
        unsafe easy.set(
            CURLOPT_READFUNCTION,
            { data, size, count, context in
                let buffer = unsafe UnsafeMutableRawBufferPointer(start: data, count: size * count)
                return unsafe Transfer.at(context).upload.fill(buffer)
            }, CURLOPT_READDATA, context)
        unsafe easy.setSeek(
            { context, offset, _ in
                precondition(offset == 0, "an upload is only ever started over from its beginning")
                unsafe Transfer.at(context).upload.rewind()
                return CURL_SEEKFUNC_OK
            }, context)
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> Transfer {
        guard let context = unsafe context else { preconditionFailure("curl called back without the context") }
        return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }
}

extension EasyHandle {
    /// The times of the finished transfer.
    fileprivate var timings: CurlTimings {
        CurlTimings(connect: time(CURLINFO_CONNECT_TIME_T), total: time(CURLINFO_TOTAL_TIME_T))
    }
}
