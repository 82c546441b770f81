package import EventLoop
package import System

/// Lines that a person types at a terminal, with a prompt, keys to change them and no limit but the caller's.
package struct TerminalReader: ~Copyable {
    private let terminal: Terminal
    private var chunks: AsyncStream<[UInt8]>.Iterator
    private let typist: Task<Void, Never>
    private var editor: LineEditor
    /// What was typed ahead.
    private var typed: ArraySlice<UInt8> = []
    private let prompt: String

    /// So many chunks may be typed ahead; what is beyond is lost.
    private static let mostAhead = 1024

    /// Reads from the terminal that is standard input, which has no other reader, until it goes.
    package init(_ terminal: Terminal, prompt: String, limit: Int, on loop: EventLoop) throws(SystemError) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(Self.mostAhead))
        try terminal.readKeys()
        self.terminal = terminal
        self.prompt = prompt
        chunks = stream.makeAsyncIterator()
        editor = LineEditor(limit: limit)
        typist = Task(executorPreference: loop) {
            await Self.read(InputReader(on: loop), at: terminal, into: continuation)
        }
    }

    deinit {
        typist.cancel()
        terminal.restore()
    }

    /// The next line; nil at the end of the input.
    package mutating func next() async throws(SystemError) -> [UInt8]? {
        while true {
            while let byte = typed.popFirst() {
                switch editor.take(byte) {
                case nil: continue
                case .done(let line):
                    // Whole, in as many rows as it takes.
                    try terminal.write("\r\(prompt)\(String(showing: line))\u{1b}[K\n")
                    return line
                case .end:
                    try terminal.write("\r\(prompt)\u{1b}[K\n")
                    return nil
                case .bell: try terminal.write("\u{7}")
                }
            }
            try terminal.write(editor.row(prompt: prompt, columns: terminal.columns))
            guard let chunk = await chunks.next(isolation: #isolation) else { return nil }
            typed = chunk[...]
        }
    }

    /// Takes keys also while none is waited for: those that ask for a signal act at once, as at any terminal.
    private static func read(
        _ input: consuming InputReader, at terminal: Terminal, into continuation: AsyncStream<[UInt8]>.Continuation
    ) async {
        var input = input
        defer { continuation.finish() }
        while let chunk = try? await input.next() {
            continuation.yield(chunk.filter { signal($0) == nil })
            for signal in chunk.compactMap(signal) {
                terminal.restore()
                terminal.send(signal)
                // The program goes on where the signal is ignored, or the shell has continued it.
                guard (try? terminal.readKeys()) != nil else { return }
                continuation.yield([redraw])
            }
        }
    }

    private static let redraw: UInt8 = 0x0c

    /// What a terminal by itself makes of a key (termios(3), VINTR, VQUIT, VSUSP).
    private static func signal(_ key: UInt8) -> Terminal.Signal? {
        switch key {
        case 0x03: .interrupt
        case 0x1c: .quit
        case 0x1a: .suspend
        default: nil
        }
    }
}
