import ChatModel
import PatternMatching

/// One step of a workflow, as its file says.
struct Step: Sendable {
    /// Its answer is `steps.<id>`.
    let id: String?
    /// Where it stands in the file: `steps[2].then[0]`.
    let place: String
    /// Names it in what a run remembers: its id, or where it stands and what it is.
    let key: String
    /// It is passed over when this does not hold.
    let condition: Condition?
    let action: Action

    indirect enum Action: Sendable {
        case match(Condition)
        case post(PostStep)
        case edit(message: Template, text: Template)
        case react(emoji: Template, message: Template?, isOn: Bool)
        case delete(message: Template)
        case read(message: Template?)
        case call(CallStep)
        case mail(MailStep)
        case set(SetStep)
        case get(GetStep)
        case unset(GetStep)
        case wait(WaitStep)
        case branch(Condition, then: [Step], otherwise: [Step])
        case each(TemplateTree, [Step])
        case deadLetter(Template)
        case stop
    }
}

/// What `post` and `reply` say.
struct PostStep: Sendable {
    /// A name or a number; the event's channel when nil.
    let channel: Template?
    let text: Template
    /// The message that it answers in a thread.
    let thread: Template?
    /// Whether it answers the event's own message.
    let isReply: Bool
    let author: Template?
}

struct CallStep: Sendable {
    enum Body: Sendable {
        case none
        case json(TemplateTree)
        case form([(name: String, value: Template)])
        case text(Template)
    }

    let method: String
    let url: Template
    let headers: [(name: String, value: Template)]
    let body: Body
    let timeout: Duration
    let expected: [ClosedRange<Int>]
    /// Whether the run goes on when it fails.
    let goesOn: Bool
}

struct MailStep: Sendable {
    let to: [Template]
    let subject: Template
    let text: Template
    let replyTo: Template?
    let goesOn: Bool
}

struct SetStep: Sendable {
    enum Change: Sendable {
        case value(TemplateTree)
        /// Only when there is none yet.
        case initial(TemplateTree)
        case increment(Template)
    }

    let key: Template
    let change: Change
    let timeToLive: Duration?
}

struct GetStep: Sendable {
    enum Subject: Sendable {
        case key(Template)
        /// All values whose keys begin so.
        case under(Template)
    }

    let subject: Subject
    let limit: Int
}

enum WaitStep: Sendable {
    case duration(Duration)
    /// A text such as `10m`, known when the step is reached.
    case text(Template)
    /// A moment.
    case until(Template)
}
