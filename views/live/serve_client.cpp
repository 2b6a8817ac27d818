// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/live/serve_client.h"

#include <QTimer>

namespace expertscope {

namespace {

/// Read within a few milliseconds.
constexpr std::size_t kShort = 256u << 10;

}

ServeClient::ServeClient(QString program, QObject* parent)
    : QObject(parent)
    , m_program(std::move(program))
{
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &ServeClient::read);
    watch(m_process, m_words, this, [this] { ended(); });
}

ServeClient::~ServeClient()
{
    m_process.disconnect(this);
    endProcess(m_process);
}

void ServeClient::setState(State state)
{
    m_state = state;
    if (state != State::Failed)
        m_error.reset();
    if (state != State::Ready)
        m_capabilities.reset();
    emit stateChanged();
}

void ServeClient::fail(Error error)
{
    m_underWay.reset(); // what waits is asked again after a restart
    m_error = std::move(error);
    setState(State::Failed);
}

void ServeClient::start(const QString& model)
{
    m_ending = true;
    m_parsing.cancel();
    endProcess(m_process);
    m_ending = false;
    m_model = model;
    m_words.clear();
    m_lines = LineSplitter(kServeReplyBytes);
    if (m_underWay && m_underWay->wanted && !m_next)
        m_next = std::move(m_underWay);
    m_underWay.reset();
    if (m_program.isEmpty())
        return fail({"there is no expertscope-capture beside this program", {},
            "a build with -DEXPERTSCOPE_TORCH=ON has it"});
    setState(State::Loading);
    m_process.start(m_program, {"--model", model, "--serve"});
}

void ServeClient::stop()
{
    m_ending = true;
    m_parsing.cancel();
    endProcess(m_process);
    m_ending = false;
    m_underWay.reset();
    m_next.reset();
    setState(State::Off);
}

void ServeClient::ended()
{
    if (m_ending || m_state == State::Failed)
        return;
    m_parsing.cancel();
    m_words.add(m_process.readAllStandardError());
    fail(endOf(m_process, m_words, "the model's process"));
}

void ServeClient::ask(const QString& text)
{
    if (m_underWay && m_underWay->wanted)
        cancel();
    m_next = Question{++m_lastId, text, {}, true};
    m_next->since.start();
    next();
}

void ServeClient::cancel()
{
    m_next.reset();
    if (!m_underWay || !m_underWay->wanted)
        return;
    m_underWay->wanted = false;
    ServeRequest request;
    request.kind = ServeRequest::Kind::Cancel;
    request.id = m_underWay->id;
    m_process.write(QByteArray::fromStdString(lineOf(request)));
}

void ServeClient::next()
{
    // One at a time: so that a child that stands still is not written to without end.
    if (m_state != State::Ready || m_underWay || !m_next)
        return;
    ServeRequest request;
    request.id = m_next->id;
    request.text = m_next->text.toStdString();
    const std::string line = lineOf(request);
    if (line.size() > kServeRequestBytes) {
        m_next.reset();
        emit refused({"is longer than " + std::to_string(kServeRequestBytes >> 10) + " KiB", "prompt",
            "a capture takes prompts of any length"});
        return;
    }
    m_underWay = std::move(m_next);
    m_next.reset();
    m_process.write(QByteArray::fromStdString(line));
}

void ServeClient::read()
{
    const QByteArray bytes = m_process.readAllStandardOutput();
    m_lines.add({bytes.constData(), std::size_t(bytes.size())});
    while (auto line = m_lines.next()) {
        if (line->tooLong) {
            fail({"an answer is longer than " + std::to_string(kServeReplyBytes >> 20) + " MiB", "the model's process", {}});
            m_process.kill();
            return;
        }
        if (line->text.size() < kShort) {
            take(parseServeReply(line->text));
            continue;
        }
        // Only what is under way is answered at such length, and until that is taken nothing else is sent.
        const auto text = std::make_shared<const std::string>(std::move(line->text));
        m_parsing.start([this, text](const JobTracker::Handle&) -> JobTracker::Delivery {
            auto reply = std::make_shared<Expected<ServeReply>>(parseServeReply(*text));
            return [this, reply] { take(std::move(*reply)); };
        });
    }
}

void ServeClient::take(Expected<ServeReply> reply)
{
    if (m_state == State::Failed)
        return;
    if (!reply) {
        fail({"says what this program does not understand: " + reply.error().message(), "the model's process",
            "are both of one release?"});
        m_process.kill();
        return;
    }
    if (auto* capabilities = std::get_if<ServeCapabilities>(&*reply)) {
        m_capabilities = std::move(*capabilities);
        setState(State::Ready);
    } else if (auto* routing = std::get_if<ServedRouting>(&*reply)) {
        takeRouting(std::move(*routing));
    } else if (const auto* cancelled = std::get_if<ServeCancelled>(&*reply)) {
        if (m_underWay && m_underWay->id == cancelled->id)
            m_underWay.reset();
    } else if (const auto& failure = std::get<ServeFailure>(*reply); !failure.id) {
        m_words.add(QByteArray::fromStdString(failure.error.message())); // why it ends, or a line that was none
    } else if (m_underWay && m_underWay->id == *failure.id) {
        const bool wanted = m_underWay->wanted;
        m_underWay.reset();
        if (wanted)
            emit refused(failure.error);
    }
    next();
}

void ServeClient::takeRouting(ServedRouting routing)
{
    if (!m_underWay || m_underWay->id != routing.id)
        return;
    const Question question = std::move(*m_underWay);
    m_underWay.reset();
    if (!question.wanted)
        return;
    // Later views index by what the capabilities say.
    if (routing.sites.size() != m_capabilities->layers.size()) {
        fail({"answers about " + std::to_string(routing.sites.size()) + " sites of "
                + std::to_string(m_capabilities->layers.size()),
            "the model's process", {}});
        m_process.kill();
        return;
    }
    auto prompt = std::make_shared<ServedPrompt>();
    prompt->text = question.text;
    prompt->routing = std::move(routing);
    prompt->milliseconds = question.since.elapsed();
    emit answered(prompt);
}

}
