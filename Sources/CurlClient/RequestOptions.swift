internal import CCurl

// The translation of a request into curl's options.

extension EasyHandle {
    /// Sets the request's address, time and connection.
    func setRoute(_ request: CurlRequest) {
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_PATH_AS_IS, true)
        // CURLOPT_PROXY(3): the empty text switches proxies off, also those that the environment names.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NOPROXY, "*")
        // CURLOPT_NOSIGNAL(3): a program with threads must not be sent SIGALRM for a timeout.
        set(CURLOPT_NOSIGNAL, true)
        set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)
    }

    /// Sets the request line and the content.
    func setMethodAndBody(_ request: CurlRequest) {
        let method = request.effectiveMethod
        switch request.version {
        case .http10: set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_0)
        case .http11: set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        }
        switch request.body {
        case .none:
            // CURLOPT_NOBODY(3) makes it HEAD and tells curl that the response has no body, whatever its length says.
            if method == "HEAD" { set(CURLOPT_NOBODY, true) }
        case .bytes(let bytes):
            set(CURLOPT_POST, true)
            setBody(bytes)
        case .chunked:
            // CURLOPT_UPLOAD(3): without a size known beforehand HTTP/1.1 uploads in chunks.
            set(CURLOPT_UPLOAD, true)
        }
        precondition(method != "HEAD" || request.body == .none, "HEAD has no body here: curl would wait for another")
        // CURLOPT_CUSTOMREQUEST(3) changes the word only; curl's behaviour follows from the options above.
        set(CURLOPT_CUSTOMREQUEST, method)
        // CURLOPT_EXPECT_100_TIMEOUT_MS(3): after this time curl sends the body unasked.
        if request.expect100 == true { set(CURLOPT_EXPECT_100_TIMEOUT_MS, request.timeout.wholeMilliseconds) }
    }
}

extension LineList {
    /// Adds the fields of a request, and removes those that curl would add by itself.
    mutating func append(_ request: CurlRequest) {
        // CURLOPT_HTTPHEADER(3): "Name:" takes a field away, "Name;" sends it without a value.
        for name in ["Accept", "Content-Type"] where request.fields[name] == nil { append("\(name):") }
        for field in request.fields {
            append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        switch request.expect100 {
        case true?: append("Expect: 100-continue")
        case false?: append("Expect:")
        case nil: break
        }
    }
}

extension Duration {
    /// The milliseconds of a timeout, at least one: to curl zero means "for ever".
    fileprivate var wholeMilliseconds: Int {
        max(1, Int(self / .milliseconds(1)))
    }
}
