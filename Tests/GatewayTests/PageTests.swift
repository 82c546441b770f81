import System
import Gateway
import Testing

/// Which file of a page a path leads to.
@Suite struct PageTests {
    /// Each file holds its own name.
    private static let page = Page(
        [
            "index.html", "A.txt", "%41.txt", "my file.txt", "grüße.txt", "100%.txt", "a+b.txt", "sub/key.txt",
            "docs/index.html",
        ].map { Page.Source(name: $0, bytes: Array($0.utf8), modified: 0) })

    @Test(arguments: [
        ("/", "index.html"), ("/index.html", "index.html"), ("/%69ndex.html", "index.html"),
        ("/A.txt", "A.txt"), ("/%41.txt", "A.txt"), ("/%2541.txt", "%41.txt"),
        ("/my%20file.txt", "my file.txt"), ("/gr%C3%BC%C3%9Fe.txt", "grüße.txt"), ("/gr%c3%bc%c3%9fe.txt", "grüße.txt"),
        ("/100%25.txt", "100%.txt"), ("/a+b.txt", "a+b.txt"), ("/a%2Bb.txt", "a+b.txt"),
        ("/sub/key.txt", "sub/key.txt"), ("/%73ub/key%2Etxt", "sub/key.txt"),
        ("/docs/", "docs/index.html"), ("/docs/index.html", "docs/index.html"),
    ])
    func found(path: String, name: String) {
        #expect(Self.page.file(at: Array(path.utf8)[...])?.bytes == Array(name.utf8))
    }

    /// An escaped slash parts no folders, a decoded name is not decoded again, and "+" is no space in a path.
    @Test(arguments: [
        "/sub%2Fkey.txt", "/sub%2fkey.txt", "/%2Findex.html", "/A.txt%00", "/%00", "/%252541.txt", "/my+file.txt",
        "/sub/../A.txt", "/sub/%2e%2e/A.txt", "/./A.txt", "/100%.txt", "/a.txt", "/sub", "/sub/", "/docs", "/docs%2F",
    ])
    func notFound(path: String) {
        #expect(Self.page.file(at: Array(path.utf8)[...]) == nil)
    }

    /// The path of a message in a buffer does not begin at the buffer's first byte.
    @Test func aPathMayBeASlice() {
        let message = Array("GET /my%20file.txt HTTP/1.1".utf8)
        #expect(Self.page.file(at: message[4..<18])?.bytes == Array("my file.txt".utf8))
    }
}
