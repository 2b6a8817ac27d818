// SPDX-License-Identifier: GPL-3.0-or-later
//
// A window over traces in memory, driven as a user would.
#pragma once

#include "analysis/counts/load_table.h"
#include "app/desktop/main_window.h"
#include "tests/support/fake_chart.h"
#include "tests/support/scored_trace.h"
#include "views/panels/card_panel.h"
#include "views/widgets/chart_view.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

namespace expertscope::testing {

/// The reads of the trace opened last.
inline std::shared_ptr<std::atomic<int>> g_reads;

/// What a path calls for: "broken", "hanging", "large", "slow"; else all that a capture records.
inline Expected<StudyPtr> openNamed(const std::vector<std::filesystem::path>& paths)
{
    std::vector<NamedTrace> traces;
    for (const auto& file : paths) {
        const std::string path = file.string();
        const auto has = [&](const char* word) { return path.find(word) != std::string::npos; };
        if (has("broken"))
            return fail("not an HDF5 file", path, "is it a trace?");
        if (has("hanging")) {
            QThread::msleep(300);
            return fail("too late", path);
        }
        const auto trace = has("large") ? languageTrace(200, 64, 20)
            : has("slow")               ? languageTrace(300, 16, 4)
            : has("other")              ? languageTrace(3, 16, 100)
                                        : scoredTrace();
        g_reads = trace->reads;
        NamedTrace named;
        named.path = path;
        named.name = file.stem().string();
        named.source = trace;
        if (has("slow"))
            named.source = std::make_shared<SlowSource>(trace, 20);
        named.summary.uuid = has("other") ? "uuid-2" : "uuid-1";
        named.summary.created = "2026-01-01T00:00:00Z";
        named.summary.provenance.modelId = "tiny";
        named.summary.provenance.hiddenSize = 192;
        named.summary.provenance.configJson = kConfig;
        traces.push_back(std::move(named));
    }
    return std::make_shared<const Study>(std::move(traces));
}

class WindowTest : public QObject
{
protected:
    QTemporaryDir m_dir;
    std::unique_ptr<MainWindow> m_window;

    void useOwnSettings(const char* name) const
    {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("expertscope-test");
        QCoreApplication::setApplicationName(name);
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_dir.path());
    }
    bool start(Session::Opener opener = openNamed, const QSize& size = {1300, 800})
    {
        m_window = std::make_unique<MainWindow>(std::move(opener));
        m_window->resize(size);
        m_window->show();
        return QTest::qWaitForWindowExposed(m_window.get());
    }

    Session& session() const { return m_window->session(); }
    ShownViews& views() const { return m_window->views(); }
    ChartView* load() const { return m_window->centre(); }
    ChartView* chart(const char* name) const { return m_window->view(QString("chart.") + name)->chartView(); }
    ChartWidget* plot() const { return load()->widget(); }
    template <class T> T* child(const QString& name) const { return m_window->findChild<T*>(name); }
    void trigger(const char* id) const { child<QAction>(id)->trigger(); }
    /// Of the load chart.
    template <class T> T* option(const char* name) const { return load()->findChild<T*>(name); }
    void choose(const char* name, int index)
    {
        option<QComboBox>(name)->setCurrentIndex(index);
        emit option<QComboBox>(name)->activated(index);
    }
    bool settled() const
    {
        if (!session().opening().isEmpty())
            return false;
        for (const ChartView* view : m_window->findChildren<ChartView*>()) {
            if (view->loading())
                return false;
        }
        for (const CardPanel* card : m_window->findChildren<CardPanel*>()) {
            if (card->loading())
                return false;
        }
        return true;
    }
    bool openAndWait(const QStringList& paths)
    {
        m_window->open(paths);
        const bool done = QTest::qWaitFor([this] { return settled(); }, 20000);
        settle();
        return done && QTest::qWaitFor([this] { return settled(); }, 20000);
    }
    bool openAndWait(const QString& path) { return openAndWait(QStringList{path}); }
    void settle()
    {
        QTest::qWait(20);
        QApplication::processEvents();
    }
    Mark cell(std::uint32_t row, std::uint32_t column) const { return {0, 0, row, column}; }
    QWidget* canvas(const ChartWidget* widget) const { return widget->childAt(widget->rect().center()); }
    void hover(const Mark& mark)
    {
        QWidget* const target = canvas(plot());
        const QPoint at = target->mapFrom(plot(), plot()->placeOf(mark));
        QTest::mouseMove(target, at + QPoint(1, 0));
        QTest::mouseMove(target, at);
    }
    void click(const Mark& mark, Qt::KeyboardModifiers modifiers = {})
    {
        QWidget* const target = canvas(plot());
        QTest::mouseClick(target, Qt::LeftButton, modifiers, target->mapFrom(plot(), plot()->placeOf(mark)));
    }
    LoadTable counts(const Scope& scope = {}) const
    {
        return *Study({session().study()->traces()[0]}).load(0, scope).value();
    }
    const HeatMap& map(const ChartView* view) const
    {
        return *std::get<HeatMapPtr>(view->chart()->picture()->panels[0].layers[0]);
    }
    QString readout() const { return child<QWidget>("readoutText")->property("text").toString(); }
};

}
