-- POSTs a body to a gateway. Arguments after "--":
--   size N         bytes of body (default 50), lower-case letters
--   file F         the body comes from a file instead
--   type T         Content-Type (default text/plain)
--   pipeline N     requests written at a time (default 1); wrk then times groups, so no latencies are given
--   close          one connection per request
--   check          also compare every body: with the upper-cased one, or with the file named by "expect F"
--
-- Ends with one line of JSON. wrk itself counts statuses of 400 and above; "check" counts all but 200.

local options = { size = 50, type = "text/plain", pipeline = 1 }
local threads = {}
local request_bytes, expected

wrong = 0
non_200 = 0

local function read(path)
    local file = assert(io.open(path, "rb"))
    local bytes = file:read("*a")
    file:close()
    return bytes
end

local function parse(args)
    local i = 1
    while i <= #args do
        local name = args[i]
        if name == "close" or name == "check" then
            options[name] = true
        else
            i = i + 1
            local value = assert(args[i], name .. " needs a value")
            options[name] = tonumber(value) or value
        end
        i = i + 1
    end
end

local function letters(size)
    local alphabet = "abcdefghijklmnopqrstuvwxyz"
    return alphabet:rep(math.floor(size / 26) + 1):sub(1, size)
end

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    parse(args)
    local body = options.file and read(options.file) or letters(options.size)
    expected = options.expect and read(options.expect) or body:upper()
    wrk.method = "POST"
    wrk.body = body
    wrk.headers["Content-Type"] = options.type
    if options.close then wrk.headers["Connection"] = "close" end
    request_bytes = wrk.format():rep(options.pipeline)
    pipeline = options.pipeline -- a global, for done() to read
    if options.check then response = check end
end

function request()
    return request_bytes
end

function check(status, headers, body)
    if status ~= 200 then
        non_200 = non_200 + 1
    elseif body ~= expected then
        wrong = wrong + 1
    end
end

function done(summary, latency, requests)
    local wrong, non_200 = 0, 0
    for _, thread in ipairs(threads) do
        wrong = wrong + thread:get("wrong")
        non_200 = non_200 + thread:get("non_200")
    end
    local latencies = ""
    if threads[1]:get("pipeline") == 1 then
        latencies = string.format('"p50_us": %d, "p99_us": %d, "p999_us": %d, "max_us": %d, ',
            latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max)
    end
    local errors = summary.errors
    io.write(string.format(
        '{"requests": %d, "seconds": %.3f, "per_second": %.1f, %s"non_200": %d, "wrong": %d, "failed": %d}\n',
        summary.requests, summary.duration / 1e6, summary.requests / (summary.duration / 1e6), latencies,
        math.max(summary.errors.status, non_200), wrong,
        errors.connect + errors.read + errors.write + errors.timeout))
end
