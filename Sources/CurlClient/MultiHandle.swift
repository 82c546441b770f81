internal import CCurl

/// A multi handle: simultaneous transfers, and the connections that they share.
///
/// A refusal of curl's is a bug, and a trap; `nextFinished` returns the failure of a transfer.
@safe struct MultiHandle: ~Copyable {
    private let raw: UnsafeMutableRawPointer

    init() {
        CurlLibrary.started
        guard let handle = unsafe curl_multi_init() else { fatalError("curl_multi_init: no handle") }
        unsafe raw = handle
    }

    deinit {
        unsafe check(curl_multi_cleanup(raw))
    }

    func set(_ option: CURLMoption, _ value: Int) {
        unsafe check(ccurl_multi_setopt_long(raw, option, value))
    }

    /// Starts a transfer; the handle must stay until it is removed.
    func add(_ easy: borrowing EasyHandle) {
        unsafe check(curl_multi_add_handle(raw, easy.raw))
    }

    func remove(_ easy: borrowing EasyHandle) {
        unsafe check(curl_multi_remove_handle(raw, easy.raw))
    }

    /// Advances all the transfers as far as possible without waiting.
    func perform() {
        var running: Int32 = 0
        unsafe check(curl_multi_perform(raw, &running))
    }

    /// Waits until a transfer can advance, or one of curl's own timeouts is over.
    func wait() {
        // curl_multi_poll(3): its own timeouts, such as a transfer's, cut this one short.
        unsafe check(curl_multi_poll(raw, nil, 0, 60_000, nil))
    }

    /// The next finished transfer and its code, nil when there is none.
    func nextFinished() -> (easy: EasyHandle.Identity, code: CURLcode)? {
        var queued: Int32 = 0
        while let message = unsafe curl_multi_info_read(raw, &queued) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            // Copied here: curl_multi_info_read(3) keeps a message only until its handle is removed.
            return unsafe (EasyHandle.Identity(message.pointee.easy_handle), message.pointee.data.result)
        }
        return nil
    }

    private func check(_ code: CURLMcode) {
        guard code != CURLM_OK else { return }
        preconditionFailure(unsafe "curl's multi interface refuses: \(String(cString: curl_multi_strerror(code)))")
    }
}
