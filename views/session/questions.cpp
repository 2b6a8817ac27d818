// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/questions.h"

#include "views/session/job_tracker.h"

#include <QElapsedTimer>
#include <QPointer>

#include <algorithm>
#include <atomic>

namespace expertscope {

namespace {

constexpr std::size_t kMostKept = 256; ///< answers; what is large in them (results of metrics) the study bounds

/// Shares of the progress bar: a pass, an answer that makes one itself, one that finds its results known.
constexpr double kPass = 1, kKnown = 0.05;

bool contains(const std::vector<MetricRequest>& metrics, const MetricRequest& metric)
{
    return std::ranges::any_of(
        metrics, [&](const MetricRequest& m) { return m.name == metric.name && m.params == metric.params; });
}

}

/// A question on its way. `question` is never changed; the workers read it.
struct Questions::Part
{
    Question question;
    std::atomic<bool> abandoned{false}; ///< nobody waits for it
    Work* work = nullptr; ///< null: still waiting
    std::vector<const QObject*> askers; ///< of m_asking
    QElapsedTimer since; ///< it was asked
};

/// One job in a worker: the parts that share a pass.
struct Questions::Work final : QObject
{
    using QObject::QObject;
    JobTracker tracker;
    std::vector<std::shared_ptr<Part>> parts;
};

Questions::Questions(QObject* parent)
    : QObject(parent)
{
}

Questions::~Questions() = default; // the workers are children: their destructors cancel

void Questions::setStudy(StudyPtr study)
{
    for (QObject* child : children()) {
        if (auto* work = dynamic_cast<Work*>(child)) {
            work->tracker.cancel();
            work->deleteLater(); // it may be the one that is just delivering
        }
    }
    for (const auto& [key, part] : m_parts)
        part->abandoned = true;
    for (const auto& [asker, asking] : m_asking)
        disconnect(asking.asker, &QObject::destroyed, this, nullptr);
    m_asking.clear();
    m_parts.clear();
    m_waiting.clear();
    m_kept.clear();
    m_study = std::move(study);
}

void Questions::ask(QObject* asker, Question question, Deliver deliver)
{
    if (!m_study) {
        withdraw(asker);
        return;
    }
    const auto known = m_kept.find(question.key);
    if (known != m_kept.end()) {
        withdraw(asker);
        known->second.used = ++m_clock;
        const Expected<Answer> answer = known->second.answer;
        note(question, JobNote::End::Known, 0);
        return deliver(answer);
    }
    if (const auto asking = m_asking.find(asker); asking != m_asking.end()) {
        if (asking->second.part->question.key == question.key) {
            asking->second.deliver = std::move(deliver);
            return;
        }
    }
    withdraw(asker);
    std::shared_ptr<Part>& part = m_parts[question.key];
    if (!part) {
        part = std::make_shared<Part>();
        part->question = std::move(question);
        part->since.start();
        m_waiting.push_back(part);
        if (!m_scheduled)
            QMetaObject::invokeMethod(this, &Questions::startWaiting, Qt::QueuedConnection);
        m_scheduled = true;
    }
    part->askers.push_back(asker);
    m_asking[asker] = {asker, part, std::move(deliver)};
    connect(asker, &QObject::destroyed, this, [this](QObject* dead) { withdraw(dead); });
}

void Questions::cancel(QObject* asker)
{
    withdraw(asker);
}

void Questions::withdraw(const QObject* asker)
{
    const auto found = m_asking.find(asker);
    if (found == m_asking.end())
        return;
    disconnect(found->second.asker, &QObject::destroyed, this, nullptr);
    const std::shared_ptr<Part> part = found->second.part;
    m_asking.erase(found);
    std::erase(part->askers, asker);
    if (!part->askers.empty())
        return;
    part->abandoned = true;
    note(part->question, JobNote::End::Cancelled, part->since.elapsed());
    m_parts.erase(part->question.key);
    if (!part->work)
        std::erase(m_waiting, part);
    else
        stopIfUnwanted(*part->work);
}

/// Its parts were withdrawn, or delivered before that: nobody waits for the rest.
void Questions::stopIfUnwanted(Work& work)
{
    const bool wanted = std::ranges::any_of(work.parts, [](const auto& part) { return !part->askers.empty(); });
    if (wanted || std::ranges::none_of(work.parts, [](const auto& part) { return part->abandoned.load(); }))
        return;
    work.tracker.cancel();
    work.deleteLater();
}

void Questions::startWaiting()
{
    m_scheduled = false;
    // Questions that read the trace in their own way would only wait for each other.
    std::map<std::string, std::vector<std::shared_ptr<Part>>> groups;
    for (const std::shared_ptr<Part>& part : std::exchange(m_waiting, {})) {
        const Question& q = part->question;
        if (q.metrics.empty() && !q.quick)
            start({part});
        else
            groups[std::to_string(q.trace) + '|' + keyText(q.scope)].push_back(part);
    }
    for (auto& [scope, parts] : groups) {
        std::ranges::stable_sort(parts, std::greater(), [](const auto& part) { return part->question.quick; });
        start(std::move(parts));
    }
}

void Questions::start(std::vector<std::shared_ptr<Part>> parts)
{
    auto* work = new Work(this);
    work->parts = parts;
    for (const auto& part : parts)
        part->work = work;
    connect(&work->tracker, &JobTracker::progressed, this, [this, work](double fraction) {
        for (const auto& part : work->parts) {
            for (const QObject* asker : std::vector(part->askers)) {
                if (const auto asking = m_asking.find(asker); asking != m_asking.end())
                    emit progressed(asking->second.asker, fraction);
            }
        }
    });
    connect(&work->tracker, &JobTracker::finished, work, &QObject::deleteLater);
    work->tracker.start(
        [this, study = m_study, parts = std::move(parts)](const JobTracker::Handle& handle) -> JobTracker::Delivery {
            std::vector<MetricRequest> metrics;
            double total = 0, done = 0;
            for (const auto& part : parts) {
                total += part->question.metrics.empty() && !part->question.quick ? kPass : kKnown;
                for (const MetricRequest& metric : part->question.metrics) {
                    if (!contains(metrics, metric))
                        metrics.push_back(metric);
                }
            }
            total += metrics.empty() ? 0 : kPass;
            bool passed = metrics.empty();
            for (const auto& part : parts) {
                const Question& q = part->question;
                if (!passed && !q.quick) {
                    // Whatever it fails with, each answer will say by itself.
                    MetricQuestion together;
                    together.metrics = metrics;
                    together.scope = q.scope;
                    (void)study->metrics(q.trace, together, [&](double fraction) {
                        handle.progress((done + kPass * fraction) / total);
                        return !handle.cancelled();
                    });
                    passed = true;
                    done += kPass;
                }
                if (handle.cancelled())
                    return {};
                const double weight = q.metrics.empty() && !q.quick ? kPass : kKnown;
                if (!part->abandoned) {
                    auto answer = q.answer(*study, [&](double fraction) {
                        handle.progress((done + weight * fraction) / total);
                        return !handle.cancelled() && !part->abandoned;
                    });
                    handle.deliver([this, part, answer = std::move(answer)] { finish(part, answer); });
                }
                done += weight;
            }
            return {};
        });
}

void Questions::finish(const std::shared_ptr<Part>& part, const Expected<Answer>& answer)
{
    if (part->abandoned)
        return;
    m_parts.erase(part->question.key);
    const QPointer<QObject> work = part->work;
    if (answer)
        keep(part->question.key, *answer);
    note(part->question, answer ? JobNote::End::Computed : JobNote::End::Failed, part->since.elapsed(),
        answer ? QString() : QString::fromStdString(answer.error().message()));
    // Whoever hears may ask anew, withdraw, or destroy another asker.
    for (const QObject* asker : std::vector(part->askers)) {
        const auto asking = m_asking.find(asker);
        if (asking == m_asking.end() || asking->second.part != part)
            continue;
        disconnect(asking->second.asker, &QObject::destroyed, this, nullptr);
        const Deliver deliver = std::move(asking->second.deliver);
        m_asking.erase(asking);
        std::erase(part->askers, asker);
        deliver(answer);
    }
    if (work)
        stopIfUnwanted(*part->work);
}

void Questions::note(const Question& question, JobNote::End end, qint64 milliseconds, const QString& error)
{
    if (!question.title.isEmpty())
        emit noted({question.title, end, milliseconds, error});
}

void Questions::keep(const std::string& key, Answer answer)
{
    m_kept[key] = {std::move(answer), ++m_clock};
    if (m_kept.size() > kMostKept)
        m_kept.erase(std::ranges::min_element(m_kept, {}, [](const auto& entry) { return entry.second.used; }));
}

}
