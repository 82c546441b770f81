import CFuzzer
import Checks
import Glibc

/// What is checked: the environment says, since the arguments are libFuzzer's.
let check: Check = {
    guard let name = unsafe getenv("LETTERBOX_CHECK"), let check = unsafe Check(rawValue: String(cString: name)) else {
        fatalError("LETTERBOX_CHECK names none of \(Check.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return check
}()

/// What libFuzzer calls for each input.
///
/// The bytes are lent where they lie, with nothing readable behind them, so that one too far is noticed.
nonisolated func test(_ start: UnsafePointer<UInt8>?, _ count: Int, _ check: Check) -> CInt {
    let buffer = unsafe UnsafeBufferPointer(start: start, count: count)
    let bytes = unsafe Span(_unsafeElements: buffer)
    do {
        try check.run(bytes)
    } catch {
        fatalError("\(check.rawValue): \(error)")
    }
    return 0
}

var count = CommandLine.argc
var arguments = unsafe Optional(CommandLine.unsafeArgv)
exit(unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in unsafe test(start, count, check) })
