import HTTPRouting
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestContextTests {
    private enum Sort: String, QueryChoice { case newest, oldest }

    private func context(query: String = "", id: String = "1", key: String? = nil) throws(Problem)
        -> RequestContext<Visitor>
    {
        var headers: HTTPHeaders = [:]
        headers["Idempotency-Key"] = key
        return try RequestContext(
            request: HTTPRequest(method: .get, path: "/", query: query, headers: headers), parameters: ["channel": id])
    }

    private func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Problem)?.code
        }
    }

    @Test func `query values are typed, bounded and have defaults`() throws {
        let context = try context(query: "limit=7&sort=oldest&deep=1&q=a+b%26c&type=x&type=y&empty=&flag&")
        #expect(try context.query("limit", Int.self, default: 50, in: 1...200) == 7)
        #expect(try context.query("missing", Int.self, default: 50, in: 1...200) == 50)
        #expect(try context.query("sort", Sort.self) == .oldest)
        #expect(try context.query("deep", Bool.self, default: false))
        #expect(try context.query("q", String.self) == "a b&c")
        #expect(try context.query("empty", String.self) == "" && context.query("flag", String.self) == "")
        #expect(context.queryAll("type") == ["x", "y"] && context.queryAll("none") == [])
    }

    @Test(arguments: ["limit=0", "limit=201", "limit=x", "limit=", "limit=1.5", "limit=99999999999999999999"])
    func `a value out of bounds is a problem`(query: String) throws {
        let context = try context(query: query)
        #expect(
            code { _ = try context.query("limit", Int.self, default: 50, in: 1...200) } == "invalid_parameter")
    }

    @Test func `a value that is none of the choices names them`() throws {
        let context = try context(query: "sort=best")
        #expect {
            try context.query("sort", Sort.self)
        } throws: {
            ($0 as? Problem)?.detail == "`sort` in the query must be one of newest, oldest."
        }
    }

    @Test(arguments: ["a=%", "%zz=1", "a=%FF", String(repeating: "a=1&", count: 101)])
    func `a query that cannot be read is a problem`(query: String) {
        #expect(code { _ = try context(query: query) } == "invalid_query")
    }

    @Test func `ids are numbers from 1 in one form only`() throws {
        #expect(try context(id: "9007199254740993").id("channel") == 9_007_199_254_740_993)
        for text in ["0", "-1", "+1", "01", "1.0", "x", "", "9223372036854775808", "1 "] {
            #expect(code { _ = try context(id: text).id("channel") } == "invalid_parameter")
        }
    }

    @Test func `an idempotency key is handed on, or refused when it is unfit`() throws {
        #expect(try context(key: "k-1").idempotencyKey == "k-1")
        #expect(try context().idempotencyKey == nil)
        for bad in ["", "a b", "ü", String(repeating: "k", count: 129)] {
            #expect(code { _ = try context(key: bad) } == "invalid_idempotency_key")
        }
    }
}
