internal import CCurl

/// A list of header lines, in curl's form.
///
/// CURLOPT_HTTPHEADER(3): the list must live as long as the transfer does.
@safe struct LineList: ~Copyable {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    deinit {
        unsafe curl_slist_free_all(first)
    }

    /// Adds a line, which curl_slist_append(3) copies.
    mutating func append(_ line: String) {
        precondition(line.utf8.allSatisfy { $0 != 0 && $0 != 0x0A && $0 != 0x0D }, "a field is one line: \(line)")
        guard let list = unsafe curl_slist_append(first, line) else { fatalError("no memory for a header line") }
        unsafe first = list
    }
}

/// An easy handle: one transfer at a time, and the connections that its transfers leave open.
///
/// Every option here is one that libcurl 7.85 has, with a value that it takes, so that a refusal is a bug and a trap.
@safe struct EasyHandle: ~Copyable {
    private let raw: UnsafeMutableRawPointer
    private let errorWords: UnsafeMutablePointer<CChar>

    init() {
        CurlLibrary.started
        guard let handle = unsafe curl_easy_init() else { fatalError("curl_easy_init: no handle") }
        unsafe raw = handle
        unsafe errorWords = .allocate(capacity: Int(CURL_ERROR_SIZE))
    }

    deinit {
        // In this order: CURLOPT_ERRORBUFFER(3) wants the buffer until the handle is gone.
        unsafe curl_easy_cleanup(raw)
        unsafe errorWords.deallocate()
    }

    /// Forgets all options; connections and resolved names stay (curl_easy_reset(3)).
    func reset() {
        unsafe curl_easy_reset(raw)
        unsafe errorWords[0] = 0
        unsafe check(ccurl_setopt_pointer(raw, CURLOPT_ERRORBUFFER, errorWords), CURLOPT_ERRORBUFFER)
    }

    /// Makes the transfer, and returns at its end.
    func perform() -> CURLcode {
        unsafe curl_easy_perform(raw)
    }

    /// Curl's words for the failure of this transfer: the detailed ones where there are any.
    func words(for code: CURLcode) -> String {
        let detailed = unsafe String(cString: errorWords)
        return detailed.isEmpty ? code.words : detailed
    }

    private func check(_ code: CURLcode, _ option: CURLoption) {
        precondition(code == CURLE_OK, "curl refuses option \(option.rawValue): \(code.words)")
    }
}

// Options, one method for each type of value.
extension EasyHandle {
    func set(_ option: CURLoption, _ value: Int) {
        unsafe check(ccurl_setopt_long(raw, option, value), option)
    }

    func set(_ option: CURLoption, _ value: Bool) {
        set(option, value ? 1 : 0)
    }

    /// Sets a text, which curl copies.
    func set(_ option: CURLoption, _ value: String) {
        precondition(!value.utf8.contains(0), "a NUL ends a text of C: \(value)")
        unsafe check(ccurl_setopt_string(raw, option, value), option)
    }

    func set(_ option: CURLoption, _ lines: borrowing LineList) {
        unsafe check(ccurl_setopt_pointer(raw, option, lines.first), option)
    }

    /// Sets the body, which CURLOPT_COPYPOSTFIELDS(3) copies when it knows the length beforehand.
    ///
    /// Without any bytes the address may be nil: CURLOPT_POST(3) has the length alone say that the body is empty.
    func setBody(_ bytes: [UInt8]) {
        set(CURLOPT_POSTFIELDSIZE, bytes.count)
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe check(
                ccurl_setopt_pointer(raw, CURLOPT_COPYPOSTFIELDS, buffer.baseAddress), CURLOPT_COPYPOSTFIELDS)
        }
    }

    /// Sets a function that curl calls with `context`, which must outlive the transfer.
    func set(
        _ option: CURLoption, _ function: @escaping ccurl_data_callback,
        _ contextOption: CURLoption, _ context: UnsafeRawPointer
    ) {
        unsafe check(ccurl_setopt_callback(raw, option, function), option)
        unsafe check(ccurl_setopt_pointer(raw, contextOption, context), contextOption)
    }

    /// Sets the function that starts an upload over, called with `context`.
    func setSeek(_ function: @escaping ccurl_seek_callback, _ context: UnsafeRawPointer) {
        unsafe check(ccurl_setopt_seek(raw, function), CURLOPT_SEEKFUNCTION)
        unsafe check(ccurl_setopt_pointer(raw, CURLOPT_SEEKDATA, context), CURLOPT_SEEKDATA)
    }
}

// The results of a finished transfer.
extension EasyHandle {
    func count(_ info: CURLINFO) -> Int {
        var value = 0
        let code = unsafe ccurl_getinfo_long(raw, info, &value)
        precondition(code == CURLE_OK, "curl has no information \(info.rawValue): \(code.words)")
        return value
    }

    /// A time, which the `_TIME_T` kinds have in microseconds.
    func time(_ info: CURLINFO) -> Duration {
        var value: curl_off_t = 0
        let code = unsafe ccurl_getinfo_offset(raw, info, &value)
        precondition(code == CURLE_OK, "curl has no information \(info.rawValue): \(code.words)")
        return .microseconds(value)
    }
}
