internal import CLinux
internal import Glibc

/// Starts threads for work that blocks or that runs a loop (pthread_create(3)).
public enum Thread {
    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a detached thread that runs `body` (pthread_detach(3)).
    ///
    /// - `stackSize`: bytes of address space for the stack, of which only the used part takes memory.
    public static func start(
        stackSize: Int = 1 << 20, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, stackSize)
        let start = unsafe Unmanaged.passRetained(Start(body))
        var handle = pthread_t()
        let status = unsafe pthread_create(
            &handle, &attributes,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            unsafe start.release()
            throw SystemError(.startThread, nil, ErrorNumber(status))
        }
        pthread_detach(handle)
    }
}
