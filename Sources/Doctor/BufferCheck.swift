/// Whether a socket's receive queue has room for replies of the permitted length (socket(7), rmem_default).
///
/// The sockets of exchanges have the default; the embedded server asks for 4 MiB, which the kernel caps at rmem_max.
package enum BufferCheck: KernelCheck {
    package static let subject = "receive buffers"

    package static func examine(_ files: KernelFiles, _ demand: Demand) throws(UnclearFile) -> [Finding] {
        let usual = try files.setting("net.core.rmem_default")
        let most = try files.setting("net.core.rmem_max")
        let text = "\(usual) bytes by default, up to \(most), for datagrams of up to \(demand.maxDatagram)"
        // The kernel counts its own memory besides the payload.
        let wanted = 2 * demand.maxDatagram
        if usual >= wanted { return [.ok(subject, text)] }
        let good = max(212_992, wanted)
        let remedy = "sysctl -w net.core.rmem_max=\(max(most, good)) net.core.rmem_default=\(good)"
        return usual < demand.maxDatagram
            ? [.bad(subject, "\(text): one datagram too many, and the reply behind it is lost", remedy: remedy)]
            : [.warning(subject, "\(text): two that come together may not fit", remedy: remedy)]
    }
}
