// SPDX-License-Identifier: GPL-3.0-or-later
//
// A resident model in a child process: prompts in, routing out. Nothing that happens there is more than a message here.
#pragma once

#include "io/serve/line_splitter.h"
#include "io/serve/serve_reply.h"
#include "views/live/child_program.h"
#include "views/session/job_tracker.h"

#include <QElapsedTimer>
#include <QObject>

#include <memory>

namespace expertscope {

/// A prompt and what the routers did with it.
struct ServedPrompt
{
    QString text;
    ServedRouting routing;
    qint64 milliseconds = 0; ///< from the question to the answer
};
using ServedPromptPtr = std::shared_ptr<const ServedPrompt>;

class ServeClient final : public QObject
{
    Q_OBJECT
public:
    enum class State
    {
        Off,
        Loading, ///< the model; what is asked meanwhile is answered then
        Ready,
        Failed ///< it could not be started, or ended: error() says why, start() tries again
    };

    /// `program`: expertscope-capture.
    explicit ServeClient(QString program = captureProgram(), QObject* parent = nullptr);
    ~ServeClient() override; ///< the child is gone then

    /// Ends the child that there is; another one loads this folder.
    void start(const QString& model);
    void stop();

    State state() const { return m_state; }
    const QString& model() const { return m_model; }
    const std::optional<Error>& error() const { return m_error; } ///< while Failed
    const std::optional<ServeCapabilities>& capabilities() const { return m_capabilities; } ///< while Ready
    qint64 processId() const { return m_process.processId(); }

    /// The newest alone is answered: what was asked before is cancelled.
    void ask(const QString& text);
    void cancel();
    bool waits() const { return m_underWay || m_next; }

signals:
    void stateChanged();
    void answered(const ServedPromptPtr& prompt);
    void refused(const Error& error); ///< this prompt; the next may go well

private:
    struct Question
    {
        std::uint64_t id = 0;
        QString text;
        QElapsedTimer since;
        bool wanted = true; ///< else it was cancelled, and what comes of it is thrown away
    };

    void setState(State state);
    void fail(Error error);
    void read();
    void take(Expected<ServeReply> reply);
    void takeRouting(ServedRouting routing);
    void next(); ///< sends what waits, if nothing is under way
    void ended();

    const QString m_program;
    QString m_model;
    State m_state = State::Off;
    std::optional<Error> m_error;
    std::optional<ServeCapabilities> m_capabilities;
    QProcess m_process;
    LastWords m_words;
    LineSplitter m_lines{kServeReplyBytes};
    std::optional<Question> m_underWay, m_next;
    std::uint64_t m_lastId = 0;
    bool m_ending = false; ///< asked for
    JobTracker m_parsing; ///< of answers so long that the window would stand still
};

}

Q_DECLARE_METATYPE(expertscope::ServedPromptPtr)
