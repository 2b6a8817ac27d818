// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/live/capture_run.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace expertscope {

namespace {

constexpr qsizetype kLongestLine = 1 << 20;
constexpr int kStopMs = 5000; ///< it promises less than two seconds

}

QStringList CaptureOrder::arguments() const
{
    QStringList all{"--model", model, "--prompts", prompts, "-o", output, "--json"};
    if (logits)
        all << "--logits";
    if (loss)
        all << "--loss";
    if (replace)
        all << "--force";
    if (maxTokens > 0)
        all << "--max-tokens" << QString::number(maxTokens);
    if (!device.isEmpty())
        all << "--device" << device;
    return all;
}

CaptureRun::CaptureRun(QString program, QObject* parent)
    : QObject(parent)
    , m_program(std::move(program))
{
    m_kill.setSingleShot(true);
    m_kill.setInterval(kStopMs);
    connect(&m_kill, &QTimer::timeout, &m_process, &QProcess::kill);
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &CaptureRun::read);
    watch(m_process, m_words, this, [this] { ended(); });
}

CaptureRun::~CaptureRun()
{
    m_process.disconnect(this);
    endProcess(m_process, 2500); // it writes what it has
}

void CaptureRun::setState(State state)
{
    m_state = state;
    emit stateChanged();
}

void CaptureRun::start(const CaptureOrder& order)
{
    if (running())
        return;
    m_order = order;
    m_error.reset();
    m_ending.clear();
    m_problem.clear();
    m_words.clear();
    m_tokens = m_tokensDone = 0;
    m_rate = m_secondsLeft = 0;
    if (m_program.isEmpty()) {
        m_error = {"there is no expertscope-capture beside this program", {}, "a build with -DEXPERTSCOPE_TORCH=ON has it"};
        return setState(State::Failed);
    }
    emit said("expertscope-capture " + order.arguments().join(' '));
    setState(State::Running);
    m_process.start(m_program, order.arguments());
}

void CaptureRun::stop()
{
    if (m_state != State::Running)
        return;
    m_process.terminate();
    m_kill.start();
    setState(State::Stopping);
}

void CaptureRun::read()
{
    while (m_process.canReadLine())
        take(m_process.readLine(kLongestLine));
    if (m_process.bytesAvailable() > kLongestLine)
        m_process.readAll(); // no line that this program would know
}

void CaptureRun::take(const QByteArray& line)
{
    const QJsonObject event = QJsonDocument::fromJson(line).object();
    const QString kind = event["event"].toString();
    if (kind == "start") {
        m_tokens = event["tokens"].toInteger();
        m_tokensDone = event["tokens_done"].toInteger();
        emit said(QString("%1, %2 routers, %3 %4; %5 documents, %6 tokens")
                      .arg(event["model_type"].toString())
                      .arg(event["sites"].toInt())
                      .arg(event["device"].toString(), event["dtype"].toString())
                      .arg(event["sequences"].toInteger())
                      .arg(m_tokens));
        for (const auto& warning : event["warnings"].toArray())
            emit said("note: " + warning.toString());
    } else if (kind == "progress") {
        m_tokens = event["tokens"].toInteger();
        // It counts a batch by its layers, then by what was fetched of it: for a moment that may be less.
        m_tokensDone = std::max(m_tokensDone, event["tokens_done"].toInteger());
        m_rate = event["tokens_per_second"].toDouble();
        m_secondsLeft = event["seconds_left"].toDouble();
    } else if (kind == "done") {
        m_tokens = m_tokensDone = event["tokens"].toInteger();
        m_rate = event["tokens_per_second"].toDouble();
        m_secondsLeft = 0;
        emit said(QString("%1 tokens in %2 s").arg(m_tokens).arg(event["capture_seconds"].toDouble(), 0, 'f', 1));
    } else if (kind == "error") {
        m_problem = event["message"].toString();
    } else {
        return;
    }
    emit progressed();
}

/// A capture that was killed leaves its journal: nothing that was computed is lost.
QString CaptureRun::leftBehind() const
{
    return QFileInfo::exists(m_order.output + ".part")
        ? "what was computed is kept: `expertscope capture … --resume` goes on with it, `expertscope repair "
            + m_order.output + "` makes it readable"
        : QString();
}

void CaptureRun::ended()
{
    if (!running())
        return;
    m_kill.stop();
    if (m_process.error() != QProcess::FailedToStart) {
        read();
        m_words.add(m_process.readAllStandardError());
    }
    const bool good = m_process.error() != QProcess::FailedToStart && m_process.exitStatus() == QProcess::NormalExit
        && m_process.exitCode() == 0;
    if (good) {
        emit said("written: " + m_order.output);
        return setState(State::Done);
    }
    if (m_state == State::Stopping) {
        m_ending = m_problem.isEmpty() ? "stopped; " + leftBehind() : m_problem;
        if (m_problem.isEmpty() && leftBehind().isEmpty())
            m_ending = "stopped before anything was computed";
        emit said(m_ending);
        return setState(State::Stopped);
    }
    m_error = endOf(m_process, m_words, "the capture");
    if (const QString kept = leftBehind(); !kept.isEmpty())
        m_error->hint = kept.toStdString(); // of more use than why
    emit said(QString::fromStdString(m_error->message()));
    setState(State::Failed);
}

}
