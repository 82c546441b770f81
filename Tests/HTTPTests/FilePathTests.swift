import HTTP
import Testing

@Suite struct FilePathTests {
    @Test(arguments: [
        ("/", "/"), ("/a.txt", "/a.txt"), ("/my%20file.txt", "/my file.txt"), ("/%61%2Etxt", "/a.txt"),
        ("/100%25.txt", "/100%.txt"), ("/%2541.txt", "/%41.txt"), ("/%e2%82%ac", "/€"), ("/%C3%bc", "/ü"),
        ("/a+b", "/a+b"), ("/%2e%2E/a", "/../a"), ("/%3F%23", "/?#"), ("/a%0d%0Ab", "/a\r\nb"),
    ])
    func decoded(path: String, name: String) {
        let bytes = Array(path.utf8)
        let found = FilePath.decode(bytes.span)
        #expect(found == Array(name.utf8))
    }

    @Test(arguments: ["/a%00", "/a%2Fb", "/a%2fb", "/%", "/%4", "/%4g", "/100%.txt", "/%%41"])
    func noName(path: String) {
        let bytes = Array(path.utf8)
        let found = FilePath.decode(bytes.span)
        #expect(found == nil)
    }

    @Test func aNameNeedNotBeText() {
        let bytes = Array("/%FF%80".utf8)
        let found = FilePath.decode(bytes.span)
        #expect(found == [UInt8(ascii: "/"), 0xFF, 0x80])
    }
}
