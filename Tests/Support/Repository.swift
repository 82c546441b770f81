package import Foundation

/// The repository that the tests belong to.
package enum Repository {
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
}
