import HTTP
import Testing

@Suite struct FormDecoderTests {
    @Test(arguments: [
        ("text=hello", "hello"), ("text=hello+world", "hello world"), ("text=%21%2b%c3%A4", "!+\u{E4}"),
        ("a=b&text=c", "c"), ("text=a&text=b", "a"), ("text", ""), ("text=", ""), ("&&text=a&", "a"),
        ("text=a=b", "a=b"), ("te%78t=a", "a"), ("text=100%", "100%"), ("text=%4", "%4"), ("text=%zz%41", "%zzA"),
        ("text=%%41", "%A"), ("text=a%0D%0Ab", "a\r\nb"),
    ])
    func found(form: String, value: String) {
        #expect(decode(form) == Array(value.utf8))
    }

    @Test(arguments: ["", "texts=a", "tex=a", "=a", "Text=a", "a=text", "&", "a&b"])
    func missing(form: String) {
        #expect(decode(form) == nil)
    }

    @Test func anEmptyNameIsAName() {
        let bytes = Array("a=b&=c".utf8)
        let found = FormDecoder.value(of: "", in: bytes.span)
        #expect(found == Array("c".utf8))
    }

    @Test func bytesNeedNotBeText() {
        #expect(decode("text=%00%ff") == [0, 255])
    }

    private func decode(_ form: String) -> [UInt8]? {
        let bytes = Array(form.utf8)
        return FormDecoder.value(of: "text", in: bytes.span)
    }
}
