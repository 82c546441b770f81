internal import CommandLineSupport
internal import Doctor
internal import Gateway
internal import System

/// The doctor's findings about the parts of a start that can be tried without one: the listeners, the embedded server, the
/// page and the token.
extension GatewayCommand {
    func startFindings() -> [Finding] {
        [listenerFinding(), tokenFinding(), serverFinding()].compactMap(\.self) + pageFindings()
    }

    private func listenerFinding() -> Finding {
        do {
            let (http, admin) = try addresses.tryListeners()
            let places = [http, admin].compactMap { $0 }.map { shown($0) }
            return .ok("listeners", "can be at \(places.joined(separator: " and "))")
        } catch {
            return .bad(
                "listeners", shown(error), remedy: "ip -brief address; ss -ltnp   # the machine's, and those in use")
        }
    }

    /// The embedded server; nil where services are named.
    private func serverFinding() -> Finding? {
        let remedy = "ss -lunp   # the UDP ports in use: choose another with --server-port"
        do {
            guard let server = try addresses.tryServer() else { return nil }
            let text = "\(server.address), the embedded one"
            guard server.isTaken else { return .ok("service", text) }
            return .warning(
                "service", "\(text): its port is in use, by a gateway that runs or by another program", remedy: remedy)
        } catch {
            return .bad(
                "service", shown(error), remedy: "ip -brief address   # or a port above 1023 with --server-port")
        }
    }

    private func tokenFinding() -> Finding? {
        guard let file = callers.tokenFile.map(TokenFile.init) else { return nil }
        do { _ = try file.read() } catch {
            return .bad("token", shown(error), remedy: "ls -l -- '\(shown(file.path))'")
        }
        return .ok("token", "\(shown(file.path)) has one")
    }

    /// The page, and the services whose paths it takes.
    private func pageFindings() -> [Finding] {
        guard let folder = page.public else { return conflicts(with: .builtIn()) }
        do {
            let page = try page.read()
            let size = page.size
            return [.ok("page", "\(shown(folder)): \(size.files) files of \(size.bytes) bytes")] + conflicts(with: page)
        } catch {
            return [.bad("page", shown(error), remedy: "ls -la -- '\(shown(folder))'")]
        }
    }

    private func conflicts(with page: Page) -> [Finding] {
        addresses.services.compactMap { service in
            do { try service.check(page) } catch {
                return .bad("path", "\(error)", remedy: "letterbox --service '\(service.path)-udp ...'")
            }
            return nil
        }
    }

    /// One line of text, whatever a path has in it.
    private func shown(_ value: some Any) -> String { String(showing: Array("\(value)".utf8)) }
}
