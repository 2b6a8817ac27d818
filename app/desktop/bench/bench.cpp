// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/bench/bench.h"

#include "app/desktop/layout/shown_views.h"
#include "app/desktop/main_window.h"
#include "views/what_if/what_if.h"
#include "views/widgets/chart_view.h"

#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMouseEvent>
#include <QThreadPool>
#include <QTimer>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <unistd.h>

namespace expertscope {

namespace {

constexpr int kFrames = 100, kFilters = 5;
constexpr qint64 kPatienceMs = 120000;

bool waitFor(const std::function<bool()>& done)
{
    QElapsedTimer timer;
    timer.start();
    while (!done()) {
        if (timer.elapsed() > kPatienceMs)
            return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents); // a Pulse wakes it
    }
    return true;
}

double elapsedMs(const QElapsedTimer& timer)
{
    return double(timer.nsecsElapsed()) / 1e6;
}

/// Waits asleep, and wakes for events at least this often.
struct Pulse
{
    Pulse() { timer.start(1); }
    QTimer timer;
};

class Driver
{
public:
    explicit Driver(MainWindow& window)
        : m_window(window)
        , m_view(*window.centre())
        , m_canvas(*m_view.widget()->childAt(m_view.widget()->rect().center()))
    {
    }

    FrameTimes hover()
    {
        return frames("hover", [this](int i) { move(Qt::NoButton, at(i)); });
    }
    FrameTimes pan()
    {
        zoomIn(8);
        const QPoint start = m_canvas.rect().center();
        send(QEvent::MouseButtonPress, Qt::LeftButton, start);
        FrameTimes times = frames("pan", [this, start](int i) {
            const double turn = i * 0.1;
            move(Qt::LeftButton, start + QPoint(int(60 * std::sin(turn)), int(40 * std::cos(turn))));
        });
        send(QEvent::MouseButtonRelease, Qt::LeftButton, start);
        m_view.widget()->fit();
        return times;
    }
    FrameTimes zoom()
    {
        FrameTimes times = frames("zoom", [this](int i) { wheel(i % 20 < 10 ? 120 : -120); });
        m_view.widget()->fit();
        return times;
    }

private:
    QPoint at(int i) const
    {
        const QRect room = m_canvas.rect().adjusted(
            m_canvas.width() / 5, m_canvas.height() / 5, -m_canvas.width() / 4, -m_canvas.height() / 4);
        return room.topLeft() + QPoint(i * 7 % std::max(1, room.width()), i * 3 % std::max(1, room.height()));
    }
    void send(QEvent::Type type, Qt::MouseButton button, const QPoint& place)
    {
        const Qt::MouseButtons held = type == QEvent::MouseButtonRelease ? Qt::NoButton : Qt::MouseButtons(button);
        QMouseEvent event(type, place, m_canvas.mapToGlobal(place), type == QEvent::MouseMove ? Qt::NoButton : button,
            held, Qt::NoModifier);
        QApplication::sendEvent(&m_canvas, &event);
    }
    void move(Qt::MouseButton held, const QPoint& place) { send(QEvent::MouseMove, held, place); }
    void wheel(int turn)
    {
        const QPoint place = m_canvas.rect().center();
        QWheelEvent event(
            place, m_canvas.mapToGlobal(place), {}, {0, turn}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(&m_canvas, &event);
    }
    void zoomIn(int times)
    {
        for (int i = 0; i < times; ++i)
            wheel(120);
        QCoreApplication::processEvents();
    }
    FrameTimes frames(const QString& name, const std::function<void(int)>& step)
    {
        FrameTimes times{name, {}};
        for (int i = 0; i < kFrames; ++i) {
            QElapsedTimer timer;
            timer.start();
            step(i);
            QCoreApplication::processEvents(); // paints what was asked to be painted
            times.milliseconds.push_back(elapsedMs(timer));
        }
        return times;
    }

    MainWindow& m_window;
    ChartView& m_view;
    QWidget& m_canvas;
};

bool allShown(MainWindow& window)
{
    return std::ranges::none_of(
        window.findChildren<ChartView*>(), [](const ChartView* view) { return view->loading(); });
}

/// Filters that leave another part each.
std::vector<FilterStep> someFilters(const RoutingShape& shape)
{
    std::vector<FilterStep> steps;
    for (const Label& label : shape.labels) {
        for (const std::string& value : label.values) {
            if (steps.size() < kFilters)
                steps.push_back({LabelFilter{label.name, value}, true});
        }
    }
    for (std::uint64_t part = 2; steps.size() < kFilters; ++part)
        steps.push_back(
            {TokenRange{TokenIndex(0), TokenIndex(std::max<std::uint64_t>(1, shape.numTokens / part))}, true});
    return steps;
}

bool measureFilters(MainWindow& window, BenchResult& result)
{
    const Pulse pulse;
    for (const FilterStep& step : someFilters(window.session().study()->shape())) {
        const ChartPtr before = window.centre()->chart();
        QElapsedTimer timer;
        timer.start();
        window.session().filters().replace({step}, "bench");
        if (!waitFor([&] { return window.centre()->chart() != before; }))
            return false;
        QCoreApplication::processEvents();
        result.filterFirst.push_back(elapsedMs(timer));
        if (!waitFor([&] { return allShown(window); }))
            return false;
        result.filterAll.push_back(elapsedMs(timer));
    }
    window.session().filters().clear();
    return waitFor([&] { return allShown(window); });
}

double measureCancel(MainWindow& window)
{
    const Pulse pulse;
    const std::uint64_t tokens = window.session().study()->shape().numTokens;
    window.session().filters().replace({{TokenRange{TokenIndex(tokens / 7), TokenIndex(tokens)}, true}}, "bench");
    QElapsedTimer patience;
    patience.start();
    (void)waitFor([&] { return patience.elapsed() > 20; }); // well under way
    QElapsedTimer timer;
    timer.start();
    window.findChild<QAction*>("view.escape")->trigger();
    (void)waitFor([] { return QThreadPool::globalInstance()->activeThreadCount() == 0; });
    return elapsedMs(timer);
}

/// The curves of all policies and sizes, then the budget line from one end to the other, both views of it in sight.
bool measureWhatIf(MainWindow& window, BenchResult& result)
{
    const Pulse pulse;
    WhatIf& whatIf = WhatIf::of(window.session());
    QElapsedTimer timer;
    timer.start();
    window.views().show("what_if.hardware");
    window.views().show("what_if");
    const auto failed = [&] { return whatIf.error().has_value(); };
    if (!waitFor([&] { return whatIf.table() || failed(); }) || failed())
        return false;
    QCoreApplication::processEvents();
    result.whatIfFirst = elapsedMs(timer) / 1000;
    const bool all = waitFor([&] { return !whatIf.waits(); });
    if (failed())
        return false;
    result.whatIfAll = all ? elapsedMs(timer) / 1000 : 0;
    if (!all)
        (void)whatIf.stop(); // what a sample says can be dragged as well
    FrameTimes drag{"what-if drag", {}};
    const int sizes = int(whatIf.table()->capacities.size());
    for (int i = 0; i < kFrames; ++i) {
        Configuration moved = whatIf.now();
        moved.capacity = whatIf.table()->capacities[std::size_t(i * 7 % sizes)];
        timer.start();
        whatIf.change(moved, "bench");
        QCoreApplication::processEvents();
        drag.milliseconds.push_back(elapsedMs(timer));
    }
    result.frames.push_back(std::move(drag));
    return true;
}

double median(std::vector<double> values)
{
    return FrameTimes{{}, std::move(values)}.quantile(0.5);
}

}

double FrameTimes::quantile(double share) const
{
    std::vector<double> sorted = milliseconds;
    std::ranges::sort(sorted);
    const auto last = double(sorted.size() - 1);
    return sorted[std::size_t(std::ceil(last * share))];
}

double secondsSinceStart()
{
    QFile file("/proc/self/stat");
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = file.readAll();
    const auto fields = text.mid(text.lastIndexOf(')') + 2).split(' '); // the name may hold anything
    const double started = fields.value(19).toDouble() / double(sysconf(_SC_CLK_TCK));
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return double(now.tv_sec) + double(now.tv_nsec) / 1e9 - started;
}

double peakMemoryMiB()
{
    QFile file("/proc/self/status");
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray& line : file.readAll().split('\n')) {
        if (line.startsWith("VmHWM:"))
            return line.mid(6).trimmed().split(' ').front().toDouble() / 1024;
    }
    return 0;
}

Expected<BenchResult> runBench(MainWindow& window, const QStringList& traces, const std::function<double()>& painted)
{
    BenchResult result;
    result.traces = traces;
    const Pulse pulse;
    if (!waitFor([&] { return painted() > 0; }))
        return fail("the window is not shown", "bench");
    result.window = painted();
    QElapsedTimer timer;
    timer.start();
    window.open(traces);
    const auto over = [&] {
        return window.session().error()
            || (window.session().study() && window.centre()->page() != ChartView::Page::Empty);
    };
    if (!waitFor(over) || window.session().error())
        return tl::unexpected(window.session().error().value_or(Error{"nothing was drawn in time", "bench", {}}));
    QCoreApplication::processEvents();
    result.firstPicture = elapsedMs(timer) / 1000;
    result.sample = window.centre()->shownQuestion().scope.sample;
    if (!window.centre()->chart())
        return fail(window.centre()->errorText().toStdString(), "bench");
    if (!waitFor([&] { return allShown(window); }))
        return fail("not all of it was drawn in time", "bench");
    result.allPictures = elapsedMs(timer) / 1000;
    const RoutingShape& shape = window.session().study()->shape();
    result.tokens = shape.numTokens;
    result.sites = shape.sites.size();
    Driver driver(window);
    result.frames = {driver.hover(), driver.zoom(), driver.pan()};
    if (!measureFilters(window, result))
        return fail("a filter was not answered in time", "bench");
    result.cancel = measureCancel(window);
    window.session().filters().clear();
    if (!waitFor([&] { return allShown(window); }))
        return fail("not all of it was drawn in time", "bench");
    if (!measureWhatIf(window, result))
        return fail("the cache what-if was not there in time", "bench");
    result.peakMiB = peakMemoryMiB();
    return result;
}

QByteArray benchText(const BenchResult& result)
{
    QString text =
        QString("%1 (%2 tokens, %3 routers)\n").arg(result.traces.join(", ")).arg(result.tokens).arg(result.sites);
    const auto line = [&](const QString& name, const QString& value) { text += name.leftJustified(28) + value + '\n'; };
    const auto ms = [](double value) { return QString::number(value, 'f', 1) + " ms"; };
    line("window", QString::number(result.window, 'f', 2) + " s after the process was started");
    line("first picture",
        QString::number(result.firstPicture, 'f', 2) + " s after the trace was asked for"
            + (result.sample > 0 ? QString(", of a sample of %1 sequences").arg(result.sample) : QString()));
    line("all pictures", QString::number(result.allPictures, 'f', 2) + " s, of all tokens");
    for (const FrameTimes& frames : result.frames)
        line(frames.name, "median " + ms(frames.quantile(0.5)) + ", 99 % " + ms(frames.quantile(0.99)));
    line("filter, first change",
        "median " + ms(median(result.filterFirst)) + ", worst " + ms(FrameTimes{{}, result.filterFirst}.quantile(1)));
    line("filter, all pictures",
        "median " + ms(median(result.filterAll)) + ", worst " + ms(FrameTimes{{}, result.filterAll}.quantile(1)));
    line("cancel", ms(result.cancel));
    line("cache what-if",
        QString("%1 s, of all tokens %2").arg(result.whatIfFirst, 0, 'f', 2)
            .arg(result.whatIfAll > 0 ? QString::number(result.whatIfAll, 'f', 1) + " s" : QString("not in %1 s").arg(kPatienceMs / 1000)));
    line("peak memory", QString::number(result.peakMiB, 'f', 0) + " MiB");
    return text.toUtf8();
}

QByteArray benchJson(const BenchResult& result)
{
    QJsonObject frames;
    for (const FrameTimes& times : result.frames)
        frames[times.name] = QJsonObject{{"median_ms", times.quantile(0.5)}, {"p99_ms", times.quantile(0.99)}};
    const auto filter = [](const std::vector<double>& times) {
        return QJsonObject{{"median_ms", median(times)}, {"worst_ms", FrameTimes{{}, times}.quantile(1)}};
    };
    return QJsonDocument(
        QJsonObject{{"traces", QJsonArray::fromStringList(result.traces)}, {"tokens", qint64(result.tokens)},
            {"sites", qint64(result.sites)}, {"window_s", result.window}, {"first_picture_s", result.firstPicture},
            {"first_picture_sample", qint64(result.sample)},
            {"all_pictures_s", result.allPictures}, {"frames", frames},
            {"filter_first_change", filter(result.filterFirst)}, {"filter_all_pictures", filter(result.filterAll)},
            {"cancel_ms", result.cancel}, {"what_if_first_s", result.whatIfFirst}, {"what_if_all_s", result.whatIfAll},
            {"peak_mib", result.peakMiB}})
        .toJson(QJsonDocument::Indented);
}

}
