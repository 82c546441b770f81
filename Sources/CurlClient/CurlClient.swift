/// A client that makes one request at a time and waits for it.
///
/// Its connections stay open between requests and serve again, which `CurlResponse.newConnections` shows. As every
/// libcurl program does, it makes a request anew when the connection that it reused was closed without an answer. A
/// client belongs to one thread at a time; two threads take two clients.
package final class CurlClient {
    private let transfer = Transfer()

    /// Makes a client; it connects when there is a request.
    package init() {}

    /// Makes a request and returns the whole response, of whatever status.
    package func perform(_ request: CurlRequest) throws(CurlError) -> CurlResponse {
        transfer.prepare(request)
        return try transfer.outcome(transfer.easy.perform()).get()
    }
}

extension CurlClient {
    /// Fetches a URL.
    package func get(_ url: String) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url))
    }

    /// Posts bytes, as they are.
    package func post(_ url: String, _ bytes: [UInt8]) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url, body: .bytes(bytes)))
    }

    /// Posts a JSON text.
    package func post(_ url: String, json: String) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url, fields: ["Content-Type": "application/json"], body: .text(json)))
    }

    /// Puts a JSON text.
    package func put(_ url: String, json: String) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url, method: "PUT", fields: ["Content-Type": "application/json"], body: .text(json)))
    }

    /// Deletes a resource.
    package func delete(_ url: String) throws(CurlError) -> CurlResponse {
        try perform(CurlRequest(url, method: "DELETE"))
    }
}
