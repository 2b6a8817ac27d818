// SPDX-License-Identifier: GPL-3.0-or-later
//
// A capture in a child process: how far it is, what it says, and what is left of it however it ends.
#pragma once

#include "views/live/child_program.h"

#include <QObject>
#include <QTimer>

namespace expertscope {

/// What is asked of expertscope-capture; empty and 0: its own default.
struct CaptureOrder
{
    QString model, prompts, output;
    bool logits = false, loss = false;
    bool replace = false; ///< what is at the output (--force)
    qint64 maxTokens = 0;
    QString device;

    QStringList arguments() const;
};

class CaptureRun final : public QObject
{
    Q_OBJECT
public:
    enum class State
    {
        Off,
        Running,
        Stopping, ///< asked to; it keeps what it has
        Done,
        Stopped, ///< as it was asked to
        Failed ///< error() says why
    };

    explicit CaptureRun(QString program = captureProgram(), QObject* parent = nullptr);
    ~CaptureRun() override; ///< a capture under way is stopped as by stop(), and what it computed kept

    void start(const CaptureOrder& order); ///< while none runs
    /// Keeps what was computed.
    void stop();

    State state() const { return m_state; }
    bool running() const { return m_state == State::Running || m_state == State::Stopping; }
    const CaptureOrder& order() const { return m_order; }
    const std::optional<Error>& error() const { return m_error; }
    QString ending() const { return m_ending; } ///< of Stopped: what is kept and where
    qint64 tokens() const { return m_tokens; } ///< planned; 0: not known yet
    qint64 tokensDone() const { return m_tokensDone; }
    double tokensPerSecond() const { return m_rate; }
    double secondsLeft() const { return m_secondsLeft; }
    qint64 processId() const { return m_process.processId(); }

signals:
    void stateChanged();
    void progressed();
    void said(const QString& line); ///< for the log

private:
    void setState(State state);
    void read();
    void take(const QByteArray& line);
    void ended();
    QString leftBehind() const;

    const QString m_program;
    CaptureOrder m_order;
    State m_state = State::Off;
    std::optional<Error> m_error;
    QString m_ending, m_problem; ///< problem: what it said in its last event
    qint64 m_tokens = 0, m_tokensDone = 0;
    double m_rate = 0, m_secondsLeft = 0;
    QProcess m_process;
    LastWords m_words;
    QTimer m_kill; ///< one that was asked to stop and does not
};

}
