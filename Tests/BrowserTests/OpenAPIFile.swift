import Foundation

/// The content of a YAML file of maps, for the part of YAML in public/openapi.yaml: a map to a line, by indentation.
struct OutlineNode {
    var value = ""
    var children: [(name: String, node: OutlineNode)] = []

    subscript(name: String) -> OutlineNode? { children.first { $0.name == name }?.node }

    /// Reads the lines; lists are taken for maps, and what is in braces for a text.
    init(reading text: String) {
        var lines = text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("#") }[...]
        self.init(&lines, indent: 0)
    }

    private init(_ lines: inout ArraySlice<Substring>, indent: Int) {
        while let line = lines.first {
            let depth = line.prefix { $0 == " " }.count
            guard depth >= indent, let colon = line.dropFirst(depth).firstRange(of: /:( |$)/) else { return }
            lines.removeFirst()
            let name = line[line.index(line.startIndex, offsetBy: depth)..<colon.lowerBound]
            var node = OutlineNode(&lines, indent: depth + 1)
            node.value = String(line[colon.upperBound...])
            children.append((name.trimmingCharacters(in: ["\""]), node))
        }
    }
}

/// The promises of the OpenAPI document.
struct OpenAPIFile {
    /// One way in which a request can be answered.
    struct Answer: Hashable, CustomStringConvertible {
        let method: String
        let path: String
        let status: Int
        let type: String

        var description: String { "\(method) \(path): \(status) \(type)" }
    }

    let root: OutlineNode

    init(_ text: String) { root = OutlineNode(reading: text) }

    /// The methods of each path.
    var methods: [String: Set<String>] {
        Dictionary(
            uniqueKeysWithValues: (root["paths"]?.children ?? []).map { path, node in
                (path, Set(Self.operations(node).map { $0.name.uppercased() }))
            })
    }

    /// A path has more than its methods.
    private static func operations(_ path: OutlineNode) -> [(name: String, node: OutlineNode)] {
        path.children.filter { ["get", "put", "post"].contains($0.name) }
    }

    /// All the answers, each media type one of its own; what has no content, or may have none, has an empty one.
    ///
    /// The answers of "default", which any request can get, are not among them.
    var answers: Set<Answer> {
        var result: Set<Answer> = []
        for (path, methods) in root["paths"]?.children ?? [] {
            for (method, operation) in Self.operations(methods) {
                for (name, response) in operation["responses"]?.children ?? [] {
                    guard let status = Int(name) else { continue }
                    let found = resolved(response)
                    let content = (found["content"]?.children ?? []).map(\.name)
                    for type in content.isEmpty || found["x-may-be-empty"] != nil ? content + [""] : content {
                        result.insert(Answer(method: method.uppercased(), path: path, status: status, type: type))
                    }
                }
            }
        }
        return result
    }

    /// Follows `{ $ref: "#/components/responses/Name" }`.
    private func resolved(_ response: OutlineNode) -> OutlineNode {
        guard let reference = response.value.firstMatch(of: /#\/components\/responses\/(\w+)/) else { return response }
        return root["components"]?["responses"]?[String(reference.1)] ?? OutlineNode(reading: "")
    }
}
