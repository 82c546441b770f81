/// A client that makes one request at a time and waits for it.
///
/// Its connections stay open between requests and serve again, which `CurlResponse.newConnections` shows. As every
/// libcurl program does, it repeats a request when a reused connection closes without an answer. A client belongs to
/// one thread at a time; two threads take two clients.
package final class CurlClient {
    private let transfer = Transfer()

    /// Makes a client; it connects at the first request.
    package init() {}

    /// Makes a request and returns the whole response, of whatever status.
    package func perform(_ request: CurlRequest) throws(CurlError) -> CurlResponse {
        transfer.prepare(request)
        return try transfer.outcome(transfer.easy.perform()).get()
    }
}

extension CurlClient {
    package func get(_ url: String) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url))
    }

    package func post(_ url: String, _ bytes: [UInt8]) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url, body: .bytes(bytes)))
    }

    package func post(_ url: String, json: String) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url, fields: ["Content-Type": "application/json"], body: .text(json)))
    }

    package func put(_ url: String, json: String) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url, method: "PUT", fields: ["Content-Type": "application/json"], body: .text(json)))
    }

    package func delete(_ url: String) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url, method: "DELETE"))
    }
}
