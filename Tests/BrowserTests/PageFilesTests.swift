import CurlClient
import Foundation
import Testing

/// The files of the page: all of them built in, and not too many bytes.
@Suite struct PageFilesTests {
    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: Folders.page.path).sorted()
    }

    @Test("Every file in public/ is built into the program")
    func everyFileIsBuiltIn() throws {
        try TestGateway.run { gateway in
            for name in try names() where name != "form-reply.html" {
                let response = try CurlClient().get("\(gateway.url)/\(name)")
                #expect(response.status == 200, "\(name) is not in Page+Sources.swift")
                guard name != "index.html" else { continue }
                #expect(Data(response.body) == FileManager.default.contents(atPath: Folders.page.path + "/" + name))
            }
            let form = try CurlClient().perform(
                CurlRequest(
                    "\(gateway.url)/form", fields: ["Content-Type": "application/x-www-form-urlencoded"],
                    body: .text("text=a")))
            #expect(form.text?.contains("class=\"masthead\"") == true, "form-reply.html is not in Page+Sources.swift")
        }
    }

    @Test("A first view of the page loads at most 60 KB")
    func size() throws {
        var (loaded, next) = (Set<String>(), ["index.html"])
        while let name = next.popLast() {
            guard loaded.insert(name).inserted else { continue }
            let text = try String(contentsOf: Folders.page.appendingPathComponent(name), encoding: .utf8)
            // Files that an element names, and modules that another one imports before it runs.
            next += text.matches(of: /(?:src|href)="([\w.-]+)"|from "\.\/([\w.-]+)"/).map { match in
                String(match.1 ?? match.2 ?? "")
            }
        }
        let sizes = loaded.map { FileManager.default.contents(atPath: Folders.page.path + "/" + $0)?.count ?? 0 }
        #expect(sizes.reduce(0, +) <= 60 * 1024)
        #expect(loaded.contains("journey.js") && loaded.isDisjoint(with: ["many.js", "lab.js", "live.js", "keep.js"]))
    }

    @Test("The page asks for nothing from elsewhere and holds no script or style of its own")
    func selfContained() throws {
        for name in try names() where name.hasSuffix(".html") {
            let page = try String(contentsOf: Folders.page.appendingPathComponent(name), encoding: .utf8)
            #expect(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="))
            #expect(!page.contains(/<script(?![^>]* src=")/))
            #expect(!page.contains(/(src|href)="(https?:)?\/\/(?!www\.rfc-editor\.org)/))
        }
    }
}
