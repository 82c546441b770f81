package import ArgumentParser
internal import System

/// The exit status of a command (sysexits.h for 64, which the argument parser uses for wrong usage).
package enum Exit {
    /// No reply, or a wrong one.
    package static let failed = ExitCode(1)
    /// A name, an address, a port or a folder cannot be used: the command has not started.
    package static let cannotStart = ExitCode(2)

    /// Runs a command's start; an error becomes one line and the exit status, for settings that of wrong usage.
    package static func starting<Result: ~Copyable>(
        _ hint: String = "", _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let error as ExitCode {
            throw error
        } catch let error as SettingsError {
            Console.fatal("\(Environment.programName): \(error)")
            throw ExitCode.validationFailure
        } catch {
            Console.fatal("\(Environment.programName): \(error)\(advice(error, hint))")
            throw cannotStart
        }
    }

    /// General advice about an error, where there is any.
    private static func advice(_ error: any Error, _ hint: String) -> String {
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
