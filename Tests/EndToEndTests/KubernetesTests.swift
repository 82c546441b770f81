import Foundation
import TestSupport
import Testing

/// deploy/kubernetes.yaml beside the schemas of Kubernetes, the gateway's flags, and itself.
@Suite struct KubernetesTests {
    @Test(.enabled(if: Binaries.has("python3"), "python3 is not installed"))
    func `the file for Kubernetes is valid, and its parts fit each other`() throws {
        let script = Repository.root.appending(path: "scripts/check-kubernetes").path
        let ending = try Program("python3", [script, "--letterbox", Binaries.letterbox]).ending()
        if ending.status == 2 { try Test.cancel("\(ending.error)") }
        #expect(ending.status == 0, "\(ending.error)")
    }
}
