internal import Noise
internal import CommandLineSupport
internal import Gateway
internal import HTTP
internal import System

extension GatewayCommand {
    /// The settings of all flags, within the limit of descriptors.
    ///
    /// - `inheritsAdmin`: whether the service manager has opened a socket for administration.
    func makeConfiguration(descriptors: Int, inheritsAdmin: Bool = false) -> Configuration {
        var settings = Configuration()
        settings.workers = workers ?? ProcessorShare.count()
        settings.timeout = datagrams.timeout
        // The uppercase server's reply does not depend on repetition; of other services that is unknown (RFC 9110
        // 9.2.2).
        settings.attempts = datagrams.attempts ?? (addresses.services.isEmpty ? 3 : 1)
        settings.minRetransmit = datagrams.minRetransmit
        settings.retransmitShare = datagrams.retransmitBudget?.fraction ?? settings.retransmitShare
        // In the lab only the dice decide.
        if addresses.lab, datagrams.retransmitBudget == nil { settings.retransmitShare = .infinity }
        settings.onDatagram = log.observer
        settings.maxRequestID = logging.maxRequestId
        settings.probe = addresses.probeText.map { Array($0.utf8) }
        settings.showsAddresses = addresses.showAddresses
        settings.probeInterval = addresses.probeInterval
        settings.maxDatagram = datagrams.maxDatagram
        settings.maxInFlight = datagrams.maxInFlight
        settings.minSockets = datagrams.minSockets
        settings.rest = datagrams.rest
        settings.quarantine = datagrams.quarantine
        http.enter(into: &settings)
        callers.enter(into: &settings)
        // The others are shared in proportion where they are fewer than the flags ask for.
        let available = max(16, descriptors - ownDescriptors(workers: settings.workers, inheritsAdmin: inheritsAdmin))
        let wanted = http.maxConnections + datagrams.maxSockets
        let share = Int(Double(available) * Double(http.maxConnections) / Double(wanted))
        let isEnough = wanted <= available
        settings.maxConnections = isEnough ? http.maxConnections : max(1, share)
        settings.maxSockets = isEnough ? datagrams.maxSockets : max(1, available - settings.maxConnections)
        // The lab has a socket for each of the gateway's.
        if addresses.lab { settings.maxSockets = max(1, settings.maxSockets / 2) }
        return settings
    }

    /// The descriptors for anything but connections and UDP sockets: loops, listeners and standard streams, connections
    /// that are refused, and those for administration, which has a loop of its own.
    func ownDescriptors(workers: Int, inheritsAdmin: Bool = false) -> Int {
        let each = 4 + Configuration.mostRefused
        return 32 + each * workers + (addresses.admin == nil && !inheritsAdmin ? 0 : each + http.maxAdminConnections)
    }
}

extension HTTPOptions {
    /// Copies the flags of the HTTP side into the settings.
    fileprivate func enter(into settings: inout Configuration) {
        settings.limits.maxRequestLine = maxRequestLine
        settings.limits.maxHead = maxHead
        settings.limits.maxFields = maxFields
        settings.limits.maxEmptyLines = maxEmptyLines
        settings.limits.maxChunkLine = maxChunkLine
        settings.limits.maxChunkExtensions = maxChunkExtensions
        settings.limits.maxTrailers = maxTrailers
        settings.limits.maxLinger = maxLinger
        settings.maxBuffered = maxBuffered
        settings.maxAdminConnections = maxAdminConnections
        settings.lingerTimeout = lingerTimeout
        settings.headerTimeout = headerTimeout
        settings.bodyTimeout = bodyTimeout
        settings.writeTimeout = writeTimeout
        settings.maxRequestsPerConnection = maxRequestsPerConnection
        settings.idleTimeout = idleTimeout
        settings.drainTimeout = drainTimeout
        settings.drainDelay = drainDelay
    }
}
