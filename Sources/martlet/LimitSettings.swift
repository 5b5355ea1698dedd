import ChatService
import Settings

/// The section `limits` of the configuration.
enum LimitSettings {
    static let spec = SettingsSpec {
        SettingKey(
            "sends_per_second", .integer(1...100_000),
            "Messages a second that one user may send on average over ten seconds.", default: 50)
        SettingKey(
            "bridge_posts_per_second", .integer(1...100_000),
            "Messages a second that one bridge may post on average over ten seconds.", default: 2000)
        SettingKey(
            "login_failures", .integer(1...10_000),
            "Wrong passwords a minute for one account from one address.", default: 10)
        SettingKey(
            "login_failures_per_address", .integer(1...100_000),
            "Wrong passwords a minute from one address, for all accounts that never logged in from it.", default: 100)
        SettingKey(
            "login_failures_per_account", .integer(1...100_000),
            "Wrong passwords an hour for one account; beyond it log-ins from addresses that it never used take up to eight seconds longer.",
            default: 100)
        SettingKey(
            "registrations_per_minute", .integer(1...10_000), "New accounts a minute from one address.", default: 20)
        SettingKey(
            "refreshes_per_minute", .integer(1...1_000_000), "Exchanges of refresh tokens a minute from one address.",
            default: 600)
        SettingKey(
            "hook_posts_per_second", .integer(1...100_000),
            "Posts a second to one incoming webhook, on average over ten seconds.", default: 50)
        SettingKey(
            "hook_failures", .integer(1...100_000),
            "Posts a minute from one address to incoming webhooks that are not there.", default: 60)
        SettingKey("searches_per_minute", .integer(1...100_000), "Searches a minute by one user.", default: 120)
        SettingKey(
            "polls_per_second", .integer(1...100_000),
            "Requests to /v1/events a second by one account, on average over ten seconds.", default: 50)
        SettingKey(
            "waiting_polls", .integer(1...10_000), "Requests to /v1/events of one account that wait at a time.",
            default: 32)
        SettingKey(
            "sockets_per_user", .integer(1...100_000),
            "WebSockets of one person that one node keeps open; a further one is closed with 4008.", default: 100)
        SettingKey(
            "channels_per_user", .integer(10...1_000_000), "Channels that one account may be a member of.",
            default: 5000)
    }
}

extension ChatConfiguration {
    init(_ settings: Settings) {
        self.init(
            allowsRegistration: settings.boolean("auth.registration"),
            sendsPerSecond: settings.integer("limits.sends_per_second"),
            passwordCost: settings.integer("auth.password_cost"))
        rates.bridgePostsPerSecond = settings.integer("limits.bridge_posts_per_second")
        rates.loginFailures = settings.integer("limits.login_failures")
        rates.loginFailuresPerAddress = settings.integer("limits.login_failures_per_address")
        rates.loginFailuresPerAccount = settings.integer("limits.login_failures_per_account")
        rates.registrationsPerMinute = settings.integer("limits.registrations_per_minute")
        rates.refreshesPerMinute = settings.integer("limits.refreshes_per_minute")
        rates.hookPostsPerSecond = settings.integer("limits.hook_posts_per_second")
        rates.hookFailures = settings.integer("limits.hook_failures")
        rates.searchesPerMinute = settings.integer("limits.searches_per_minute")
        rates.pollsPerSecond = settings.integer("limits.polls_per_second")
        rates.waitingPolls = settings.integer("limits.waiting_polls")
    }
}
