internal import CommandLineSupport
internal import Doctor
internal import Gateway
internal import System

/// Checks the parts of a start that can be tried without one: the listeners, the page and the token.
struct StartExamination {
    let command: GatewayCommand

    func findings() -> [Finding] {
        [listening(), token()].compactMap { $0 } + page()
    }

    private func listening() -> Finding {
        let addresses = command.addresses
        do {
            let (http, admin) = try addresses.tryListeners()
            let places = [http, admin].compactMap { $0 }.map { shown($0) }
            return .ok("listeners", "can be at \(places.joined(separator: " and "))")
        } catch {
            return .bad(
                "listeners", shown(error), remedy: "ip -brief address; ss -ltnp   # the machine's, and those in use")
        }
    }

    private func token() -> Finding? {
        guard let file = command.callers.tokenFile.map(TokenFile.init) else { return nil }
        do { _ = try file.read() } catch {
            return .bad("token", shown(error), remedy: "ls -l -- '\(shown(file.path))'")
        }
        return .ok("token", "\(shown(file.path)) has one")
    }

    /// The page, and the services whose paths it takes.
    private func page() -> [Finding] {
        guard let folder = command.page.public else { return conflicts(with: .builtIn()) }
        do {
            let page = try command.page.read()
            let size = page.size
            return [.ok("page", "\(shown(folder)): \(size.files) files of \(size.bytes) bytes")] + conflicts(with: page)
        } catch {
            return [.bad("page", shown(error), remedy: "ls -la -- '\(shown(folder))'")]
        }
    }

    private func conflicts(with page: Page) -> [Finding] {
        command.addresses.services.filter { $0.conflicts(with: page) }.map {
            .bad("path", $0.pageConflict, remedy: "letterbox --service '\($0.path)-udp ...'")
        }
    }

    /// One line of text, whatever a path has in it.
    private func shown(_ value: some Any) -> String { String(showing: Array("\(value)".utf8)) }
}
