package import ArgumentParser
internal import Glibc
internal import System

/// The exit status of a command (sysexits.h for 64, which the argument parser uses for wrong usage).
package enum Exit {
    /// No reply, or a wrong one.
    package static let failed = ExitCode(1)
    /// A name, an address, a port or a folder cannot be used: the command has not started.
    package static let cannotStart = ExitCode(2)

    /// Runs a command's start; an error becomes one line and the exit status, for settings that of wrong usage.
    package static func starting<Result: ~Copyable>(
        _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let error as ExitCode {
            throw error
        } catch let failure as SocketFailure {
            Console.fatal("\(Environment.programName): \(failure.error)\(advice(failure.error, failure.hint))")
            throw cannotStart
        } catch let error as SettingsError {
            Console.fatal("\(Environment.programName): \(error)")
            throw ExitCode.validationFailure
        } catch {
            Console.fatal("\(Environment.programName): \(error)\(advice(error))")
            throw cannotStart
        }
    }

    /// Runs a part without which the program would stay, ready and deaf: an error ends the program.
    package static func serving(_ body: () async throws -> Void) async {
        do { try await body() } catch {
            Console.fatal("\(Environment.programName): \(error)", waiting: false)
            Glibc.exit(failed.rawValue)
        }
    }

    /// Opens a socket; an error comes with the flags that could give it another address.
    package static func opening<Result: ~Copyable>(
        _ flags: SocketFlags, _ body: () throws -> Result
    ) throws -> Result {
        do { return try body() } catch {
            guard error is SystemError || error is UnixSocketError else { throw error }
            throw SocketFailure(error: error, flags: flags)
        }
    }

    /// General advice about an error, where there is any.
    private static func advice(_ error: any Error, _ hint: String = "") -> String {
        if let error = error as? UnixSocketError { return error.advisesPath ? hint : "" }
        if error is ResolverError { return ". Check the name and the machine's name servers" }
        if let error = error as? FilesError { return advice(error) }
        guard let error = error as? SystemError else { return "" }
        switch error.reason {
        case .addressInUse: return ". Stop the program that has the port, or choose another\(hint)"
        case .addressNotAvailable: return ". The machine has no such address: choose another\(hint)"
        case .permissionDenied where error.operation == .bind:
            return ". Ports below 1024 need a privilege: choose another\(hint)"
        case .tooManyOpenFiles: return ". Allow the program more of them: ulimit -n"
        default: return ""
        }
    }

    private static func advice(_ error: FilesError) -> String {
        switch error {
        case .unreadable: ". Check the path and its permissions"
        case .tooManyFiles: ". Allow more of them with --max-public-files"
        case .tooDeep: ". Allow more with --max-public-depth"
        case .tooLarge: ". Allow more with --max-public-bytes"
        case .outsideLink: ". Remove it, or put the file itself there"
        case .invalidName: ". Give it another name"
        }
    }
}

/// The flags of a socket of the program.
package struct SocketFlags: Sendable {
    /// The socket's purpose, where the flags do not tell it.
    let purpose: String
    /// The flag for the address, and that for the port.
    let address, port: String

    package init(address: String, port: String, purpose: String = "") {
        (self.address, self.port, self.purpose) = (address, port, purpose)
    }

    /// The flags of a command with one socket.
    package static let hostAndPort = SocketFlags(address: "--host", port: "--port")
}

/// A socket that cannot be opened.
private struct SocketFailure: Error {
    let error: any Error
    let flags: SocketFlags

    /// The flag that helps.
    var hint: String {
        let isPort = [.addressInUse, .permissionDenied].contains((error as? SystemError)?.reason)
        return "\(flags.purpose) with \(isPort ? flags.port : flags.address)"
    }
}
