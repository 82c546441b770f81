package import HTTP

extension Limits {
    /// The default limits, except for those given.
    package init(maxRequestLine: Int, maxHead: Int = 16384, maxFields: Int = 100, maxBody: Int = 65507) {
        self.init()
        self.maxRequestLine = maxRequestLine
        self.maxHead = maxHead
        self.maxFields = maxFields
        self.maxBody = maxBody
    }
}
