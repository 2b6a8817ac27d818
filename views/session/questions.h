// SPDX-License-Identifier: GPL-3.0-or-later
//
// Questions to a study, answered in workers: the newest of each asker, each one once, those of one moment together.
#pragma once

#include "analysis/study/study.h"
#include "views/session/job_note.h"

#include <QObject>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace expertscope {

using StudyPtr = std::shared_ptr<const Study>;

/// Not thread-safe itself: call it from the thread it lives in; deliveries come there.
///
/// What is asked between two turns of the event loop about the same tokens shares one pass over the trace: first the
/// metrics of all questions are computed together, then each answer finds its part known. Answers are kept, the ones
/// longest unused dropped first.
class Questions final : public QObject
{
    Q_OBJECT
public:
    /// The asker knows its type.
    using Answer = std::shared_ptr<const void>;
    using Deliver = std::function<void(const Expected<Answer>&)>;
    struct Question
    {
        std::string key; ///< equal keys: the same question; holds all that the answer depends on
        QString title = {}; ///< for the log; empty: not told there
        std::size_t trace = 0;
        Scope scope = {};
        std::vector<MetricRequest> metrics = {}; ///< what `answer` will ask Study::metrics for
        bool quick = false; ///< costs no pass of its own: answered before the pass of the others
        std::function<Expected<Answer>(const Study&, const Progress&)> answer; ///< runs in a worker
    };

    /// An answer as it is kept.
    template <class T> static Expected<Answer> kept(Expected<T> answer)
    {
        if (!answer)
            return tl::unexpected(std::move(answer).error());
        return std::make_shared<const T>(std::move(*answer));
    }
    /// Runs `deliver` with an answer of the type it was kept as.
    template <class T> static Deliver typed(std::function<void(const Expected<T>&)> deliver)
    {
        return [deliver = std::move(deliver)](const Expected<Answer>& answer) {
            if (answer)
                deliver(*std::static_pointer_cast<const T>(*answer));
            else
                deliver(tl::unexpected(answer.error()));
        };
    }

    explicit Questions(QObject* parent = nullptr);
    ~Questions() override;

    /// Cancels and forgets everything: nobody waits any more.
    void setStudy(StudyPtr study);

    /// Withdraws what `asker` asked before. A known answer is delivered before this returns, else later, unless it is
    /// withdrawn, or `asker` dies.
    void ask(QObject* asker, Question question, Deliver deliver);
    void cancel(QObject* asker);
    bool waits(const QObject* asker) const { return m_asking.contains(asker); }

signals:
    void progressed(QObject* asker, double fraction);
    void noted(const JobNote& note);

private:
    struct Part;
    struct Work;
    struct Asking
    {
        QObject* asker = nullptr;
        std::shared_ptr<Part> part;
        Deliver deliver;
    };
    struct Kept
    {
        Answer answer;
        std::uint64_t used = 0;
    };

    void withdraw(const QObject* asker);
    void stopIfUnwanted(Work& work);
    void startWaiting();
    void start(std::vector<std::shared_ptr<Part>> parts);
    void finish(const std::shared_ptr<Part>& part, const Expected<Answer>& answer);
    void keep(const std::string& key, Answer answer);
    void note(const Question& question, JobNote::End end, qint64 milliseconds, const QString& error = {});

    StudyPtr m_study;
    std::map<const QObject*, Asking> m_asking;
    std::map<std::string, std::shared_ptr<Part>> m_parts; ///< waiting or running, by key
    std::vector<std::shared_ptr<Part>> m_waiting; ///< for the end of this turn of the event loop
    std::map<std::string, Kept> m_kept;
    std::uint64_t m_clock = 0;
    bool m_scheduled = false;
};

}
