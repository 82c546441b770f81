import CurlClient
import Testing

/// Forms for services at other paths, and in other writing.
@Suite struct FormServiceTests {
    private func post(_ form: String, isInParts: Bool = false, to url: String) throws -> CurlResponse {
        var (type, body) = ("application/x-www-form-urlencoded", form)
        if isInParts {
            type = "multipart/form-data; boundary=b"
            body =
                form.split(separator: "&").map { field in
                    let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    return "--b\r\nContent-Disposition: form-data; name=\(parts[0])\r\n\r\n\(parts.last ?? "")\r\n"
                }.joined() + "--b--\r\n"
        }
        return try CurlClient().perform(
            CurlRequest(
                "\(url)/form", fields: ["Content-Type": type], body: .text(body), timeout: Program.timeLimit))
    }

    /// Each form with the status, what the page shows as the reply, and the fields for the next letter.
    @Test(
        arguments: [
            ("text=hello", 200, "HELLO", "/", ""), ("to=/game&text=hello", 200, "hello", "/game", ""),
            ("text=hello&to=/&as=", 200, "HELLO", "/", ""), ("to=&text=hello", 200, "HELLO", "/", ""),
            ("text=6a 6B\n&as=hex", 200, "4a 4b", "/", "hex"),
            ("text=//8&as=base64&to=/game", 200, "//8=", "/game", "base64"),
            ("text=hello&to=/nothing", 404, "There is no service at /nothing.", "/nothing", ""),
            ("text=hello&to=game", 404, "There is no service at game.", "game", ""),
            ("text=6&as=hex", 400, "The text is no hex: the digit at byte 1", "/", "hex"),
            ("text=6&as=octal", 400, "takes hex or base64", "/", ""),
            ("text=abcde&to=/game&x=1", 413, "at most 4 bytes", "/game", ""),
            ("text=61 62 63 64&to=/game&as=hex", 200, "61 62 63 64", "/game", "hex"),
            ("text=61 62 63 64 65&to=/game&as=hex", 413, "at most 4 bytes", "/game", "hex"),
        ].flatMap { form in [false, true].map { (form, $0) } }.filter { $0.0.0 != "text=hello&to=/game" || !$0.1 })
    func `a form names its service`(
        _ form: (text: String, status: Int, reply: String, to: String, notation: String), isInParts: Bool
    ) throws {
        let (echo, upper) = (try RunningServer(["--service", "echo"]), try RunningServer())
        let limit = form.status == 413 || form.notation == "hex" ? 4 : 100
        let gateway = try RunningGateway(
            ["--service", "/game \(echo.address) max-datagram=\(limit)"], upstream: upper.address)
        let response = try post(form.text, isInParts: isInParts, to: gateway.url)
        #expect(response.status == form.status)
        let page = try #require(response.text)
        #expect(page.contains(form.reply), "\(page)")
        #expect(
            page.contains("name=\"to\" value=\"\(form.to)\"") && page.contains("name=\"as\" value=\"\(form.notation)\"")
        )
    }

    @Test func `a form for a service where the root has none`() throws {
        let echo = try RunningServer(["--service", "echo"])
        let program = try Program(Binaries.letterbox, ["gateway", "--port", "0", "--service", "/a \(echo.address)"])
        let line = try program.errorLine(startingWith: "The gateway is ready: ")
        let url = String(try #require(line.dropFirst("The gateway is ready: ".count).split(separator: " ").first))
        let found = try post("text=hello&to=/a", to: url)
        #expect(found.status == 200 && found.text?.contains(">hello</output>") == true)
        let missing = try post("text=hello", to: url)
        #expect(missing.status == 404 && missing.text?.contains("There is no service at /.") == true)
    }
}
