import CPrograms
import Glibc
import TestSupport

/// A file without a name that holds this text, open at its beginning (mkstemp(3)).
func temporaryFile(_ text: String) -> Int32 {
    var path = Array("/tmp/letterbox-XXXXXX".utf8CString)
    let file = check(unsafe mkstemp(&path))
    unsafe unlink(path)
    typeText(text, at: file)
    lseek(file, 0, SEEK_SET)
    return file
}

/// A pseudo-terminal: where a person types, and where a program reads (openpty(3)).
func openTerminal() -> (person: Int32, program: Int32) {
    var ends: (person: Int32, program: Int32) = (-1, -1)
    check(unsafe openpty(&ends.person, &ends.program, nil, nil, nil))
    return ends
}

/// Writes a short text to a descriptor.
func typeText(_ text: String, at descriptor: Int32) {
    let bytes = Array(text.utf8)
    check(Int32(unsafe write(descriptor, bytes, bytes.count)))
}
