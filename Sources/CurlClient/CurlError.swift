/// A failed transfer, in curl's own words.
///
/// A response of any status is not a failure.
package struct CurlError: Error, Sendable, Equatable {
    /// The number that libcurl-errors(3) explains.
    package let code: Int
    /// Curl's description of this failure.
    package let message: String
}

extension CurlError: CustomStringConvertible {
    package var description: String { "\(message) (curl \(code))" }
}
