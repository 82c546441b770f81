import Foundation

/// A file with a name that no other has, which goes with the value.
final class TemporaryFile {
    let path = FileManager.default.temporaryDirectory.appending(path: "letterbox-\(UUID())").path

    /// - `mode`: its permissions; nil for the usual ones.
    init(_ text: String, mode: Int? = nil) throws {
        try write(text)
        if let mode { try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Replaces the text.
    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
}
