internal import CPostgres

/// SQL and its parameters, encoded by whoever creates it and not by the loop.
package struct PostgresStatement: Sendable {
    struct Parameter: Sendable {
        let type: PostgresType
        let offset: Int
        /// -1 for NULL.
        let length: Int32
    }

    /// What the protocol can count.
    static let maximumParameters = 65_535

    package let sql: String
    let parameters: [Parameter]
    let bytes: [UInt8]
    /// Whether the connection keeps it prepared; not worth it for what is said once.
    let isReused: Bool

    package init(_ sql: String, _ parameters: (any PostgresEncodable)?...) {
        self.init(sql, parameters: parameters)
    }

    /// - Parameter isReused: False for SQL that is made up as one goes: it is parsed each time and crowds nothing
    ///   out of the cache.
    package init(_ sql: String, parameters: [(any PostgresEncodable)?], isReused: Bool = true) {
        self.sql = sql
        self.isReused = isReused
        var bytes = PostgresBytes()
        self.parameters = parameters.map { value in
            guard let value else { return Parameter(type: .unspecified, offset: 0, length: -1) }
            let type = Swift.type(of: value).postgresType
            guard !value.isPostgresNull else { return Parameter(type: type, offset: 0, length: -1) }
            let start = bytes.bytes.count
            value.encode(into: &bytes)
            return Parameter(type: type, offset: start, length: Int32(clamping: bytes.bytes.count - start))
        }
        self.bytes = bytes.bytes
    }

    /// Whether a statement prepared for `types` takes these parameters; an untyped NULL fits everywhere.
    func fits(_ types: [PostgresType]) -> Bool {
        guard types.count == parameters.count else { return false }
        for (type, parameter) in zip(types, parameters)
        where parameter.type != .unspecified && parameter.type != type {
            return false
        }
        return true
    }

    /// The arguments in libpq's form; valid during `body` only.
    struct Arguments {
        let count: Int32
        let types: UnsafePointer<Oid>?
        let values: UnsafePointer<UnsafePointer<CChar>?>?
        let lengths: UnsafePointer<Int32>?
        let formats: UnsafePointer<Int32>?
    }

    func withArguments<Result>(_ body: (Arguments) -> Result) -> Result {
        let count = parameters.count
        guard count > 0 else {
            return body(Arguments(count: 0, types: nil, values: nil, lengths: nil, formats: nil))
        }
        return bytes.withUnsafeBytes { raw in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 3) { numbers in
                    // A null pointer would mean NULL: an empty value needs an address, any address.
                    let base = raw.baseAddress ?? UnsafeRawPointer(numbers.baseAddress!)
                    for (index, parameter) in parameters.enumerated() {
                        let isNull = parameter.length < 0
                        values.initializeElement(
                            at: index,
                            to: isNull ? nil : (base + parameter.offset).assumingMemoryBound(to: CChar.self))
                        numbers.initializeElement(at: index, to: max(0, parameter.length))
                        numbers.initializeElement(at: count + index, to: 1)
                        numbers.initializeElement(
                            at: 2 * count + index, to: Int32(bitPattern: parameter.type.rawValue))
                    }
                    let lengths = UnsafePointer(numbers.baseAddress!)
                    return (lengths + 2 * count).withMemoryRebound(to: Oid.self, capacity: count) { types in
                        body(
                            Arguments(
                                count: Int32(count), types: types, values: UnsafePointer(values.baseAddress!),
                                lengths: lengths, formats: lengths + count))
                    }
                }
            }
        }
    }
}
