import HTTP
import Testing

/// Content-Type values, after RFC 9110 8.3.1 and 5.6.6.
@Suite struct MediaTypeTests {
    @Test(arguments: [
        ("text/plain", 10), ("application/problem+json", 24), ("a/b;c=d", 3), ("a/b ; c=d\t;\te=\"f;g\"", 3),
        ("a/b;", 3), ("a/b; ;;", 3), ("a/b;c=\"\"", 3), ("a/b;c=\"\\\"\"", 3), ("a/b;c=\"d\" ;e=f", 3), ("*/*", 3),
    ])
    func valid(value: String, length: Int) {
        let bytes = Array(value.utf8)
        let found = MediaType.nameLength(in: bytes.span)
        #expect(found == length)
    }

    @Test(arguments: [
        "", "/", "a", "a/", "/b", "a /b", "a/ b", " a/b", "a/b ", "a/b c", "a/b,", "a/b/c", "a/b;c", "a/b;c=", "a/b;=d",
        "a/b;c =d", "a/b;c= d", "a/b;c=\"d", "a/b;c=\"d\\\"", "a/b;c=\"d\\", "a/b;c=\"d\"e", "a/b;c=d e", "a/\u{e9}",
    ])
    func invalid(value: String) {
        let bytes = Array(value.utf8)
        let found = MediaType.nameLength(in: bytes.span)
        #expect(found == nil)
    }
}
