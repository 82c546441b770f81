import Foundation
import TestSupport
import Testing

/// Three gateways behind each proxy, with the files of deploy/ as they stand, on hosts of their own: `scripts/fleet` counts what is
/// lost, and says which scene is which.
@Suite(.serialized, .enabled(if: Fleet.obstacle == nil, Comment(rawValue: Fleet.obstacle ?? "")))
struct FleetTests {
    @Test(.enabled(if: Binaries.has("haproxy"), "haproxy is not installed"), arguments: Fleet.scenes)
    func `nothing is lost behind HAProxy`(scene: String) throws { try Fleet.play(scene, behind: "haproxy") }

    @Test(.enabled(if: Binaries.has("nginx"), "nginx is not installed"), arguments: Fleet.scenes)
    func `nothing is lost behind nginx`(scene: String) throws { try Fleet.play(scene, behind: "nginx") }

    @Test(.enabled(if: Binaries.has("caddy"), "caddy is not installed"), arguments: Fleet.scenes)
    func `nothing is lost behind Caddy`(scene: String) throws { try Fleet.play(scene, behind: "caddy") }
}

private enum Fleet {
    /// All that do not wait for a proxy's timeout.
    static let scenes = ["restart", "kill", "backend", "move", "long", "access"]

    /// Why there can be none here; nil where there can.
    static let obstacle: String? =
        Namespaces.obstacle
        ?? ["python3", "openssl", "unshare"].first { !Binaries.has($0) }.map { "\($0) is not installed" }

    static func play(_ scene: String, behind proxy: String) throws {
        let script = Repository.root.appending(path: "scripts/fleet").path
        let ending = try Program(
            "python3", [script, "--proxy", proxy, "--scene", scene, "--letterbox", Binaries.letterbox]
        ).ending()
        #expect(ending.status == 0, "\(ending.output)\(ending.error)")
        #expect(ending.output.contains("| \(proxy) | "), "\(ending.output)")
    }
}
