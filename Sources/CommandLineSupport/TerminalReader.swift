package import EventLoop
package import System

/// Lines typed at a terminal, with a prompt, keys to change them, and no limit but the caller's.
package struct TerminalReader: ~Copyable {
    private let terminal: Terminal
    private var chunks: AsyncStream<Chunk>.Iterator
    private let typist: Task<Void, Never>
    private var editor: LineEditor
    /// The input beyond the current line.
    private var typed: ArraySlice<UInt8> = []
    private let prompt: String

    /// Input, or the reason why there is none.
    private typealias Chunk = Result<[UInt8], SystemError>

    /// The most chunks of input beyond the current line; further ones are lost.
    private static let mostAhead = 1024

    /// Reads from standard input's terminal, which has no other reader meanwhile.
    package init(_ terminal: Terminal, prompt: String, limit: Int, on loop: EventLoop) throws(SystemError) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Chunk.self, bufferingPolicy: .bufferingOldest(Self.mostAhead))
        try terminal.readKeys()
        self.terminal = terminal
        self.prompt = prompt
        chunks = stream.makeAsyncIterator()
        editor = LineEditor(limit: limit)
        typist = Task(executorPreference: loop) {
            defer { continuation.finish() }
            do throws(SystemError) {
                await Self.read(try InputReader(on: loop), at: terminal, into: continuation)
            } catch {
                continuation.yield(.failure(error))
            }
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
                    // The whole line, in as many rows as it takes.
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
            typed = try chunk.get()[...]
        }
    }

    /// Takes keys also while no line is wanted: keys for signals act at once, as at any terminal.
    private static func read(
        _ input: consuming InputReader, at terminal: Terminal, into continuation: AsyncStream<Chunk>.Continuation
    ) async {
        var input = input
        while let chunk = try? await input.next() {
            continuation.yield(.success(chunk.filter { signal($0) == nil }))
            for signal in chunk.compactMap(signal) {
                terminal.restore()
                terminal.send(signal)
                // The program continues here where the signal is ignored, or the shell has continued it.
                guard (try? terminal.readKeys()) != nil else { return }
                // No bytes, and so nothing but the row once more.
                continuation.yield(.success([]))
            }
        }
    }

    /// The signal of a key, by a terminal's defaults (termios(3), VINTR, VQUIT, VSUSP).
    private static func signal(_ key: UInt8) -> Terminal.Signal? {
        switch key {
        case 0x03: .interrupt
        case 0x1c: .quit
        case 0x1a: .suspend
        default: nil
        }
    }
}
