import EventLoop
import Redis
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RedisConfigurationTests {
    @Test(
        arguments: [
            ("redis://cache", "cache:6379", nil, nil, 0),
            ("redis://cache:7000/3", "cache:7000", nil, nil, 3),
            ("redis://:p%40ss%2Fword@cache:7000/", "cache:7000", nil, "p@ss/word", 0),
            ("redis://bob:secret@[::1]:7000/2", "[::1]:7000", "bob", "secret", 2),
            ("redis://only@[::1]", "[::1]:6379", nil, "only", 0),
            ("unix:/run/redis.sock", "unix:/run/redis.sock", nil, nil, 0),
            ("unix:/run/redis.sock?db=4", "unix:/run/redis.sock", nil, nil, 4),
        ] as [(String, String, String?, String?, Int)])
    func `an address is read`(_ url: String, _ address: String, _ user: String?, _ password: String?, _ database: Int)
        throws
    {
        let configuration = try RedisConfiguration(url: url)
        #expect("\(configuration.address)" == address)
        #expect(configuration.username == user)
        #expect(configuration.password == password)
        #expect(configuration.database == database)
    }

    @Test(arguments: [
        "", "cache", "http://cache", "redis://", "redis://:secret@", "redis://cache:port", "redis://cache:99999",
        "redis://cache/x", "redis://cache/-1", "redis://:secret%4@cache", "redis://:secret%zz@cache", "unix:",
        "unix:/x?db=", "unix:/x?secret=1", "unix:/\(String(repeating: "x", count: 200))",
    ])
    func `what is no address is refused, without repeating a password`(_ url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("secret") == false)
    }
}
