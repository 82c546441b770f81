internal import Glibc

/// Traps where a call fails that a test can do nothing about.
@discardableResult
package func check(_ result: Int32, _ call: String = #function) -> Int32 {
    precondition(result >= 0, "\(call): errno \(errno)")
    return result
}
