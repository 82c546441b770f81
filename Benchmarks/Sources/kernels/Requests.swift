/// What curl sends for a short POST, 100 bytes.
let curlRequest = Array(
    """
    POST / HTTP/1.1\r
    Host: localhost:8080\r
    User-Agent: curl/8.14.1\r
    Accept: */*\r
    Content-Length: 500\r
    \r

    """.utf8)

/// What Chrome sends when the page posts a letter, 570 bytes.
let browserRequest = Array(
    """
    POST / HTTP/1.1\r
    Host: localhost:8080\r
    Connection: keep-alive\r
    Content-Length: 12\r
    sec-ch-ua-platform: "Linux"\r
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Safari/537.36\r
    sec-ch-ua: "Chromium";v="134", "Not:A-Brand";v="24"\r
    Content-Type: text/plain;charset=UTF-8\r
    sec-ch-ua-mobile: ?0\r
    Accept: */*\r
    Origin: http://localhost:8080\r
    Sec-Fetch-Site: same-origin\r
    Sec-Fetch-Mode: cors\r
    Sec-Fetch-Dest: empty\r
    Referer: http://localhost:8080/\r
    Accept-Encoding: gzip, deflate, br, zstd\r
    Accept-Language: en-GB,en;q=0.9\r
    \r

    """.utf8)
