// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two sides of a window: traces opened beside each other, and what stays of the first.
#include "tests/support/language_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "views/session/session.h"

#include <QSignalSpy>
#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

class TestSessionSides : public QObject
{
    Q_OBJECT

    std::map<std::string, std::shared_ptr<MemoryTrace>> m_traces;
    std::unique_ptr<Session> m_session;
    const FilterStep m_german{LabelFilter{"language", "de"}}, m_french{LabelFilter{"language", "fr"}};

    bool wait()
    {
        return QTest::qWaitFor([this] { return m_session->opening().isEmpty(); }, 5000);
    }
    QString traceOf(const SideState& side) const
    {
        return QString::fromStdString(m_session->study()->traces()[side.trace()].name);
    }

private slots:
    void init()
    {
        m_traces = {{"a", languageTrace()}, {"b", languageTrace(6, 32, 200)}, {"wide", languageTrace(5, 48, 100)}};
        m_session = std::make_unique<Session>(
            [traces = m_traces](const std::vector<std::filesystem::path>& paths) -> Expected<StudyPtr> {
                std::vector<NamedTrace> named;
                for (const auto& path : paths) {
                    const auto found = traces.find(path.stem().string());
                    if (found == traces.end())
                        return fail("no such file", path.string());
                    named.push_back({path, found->first, found->second, {}});
                }
                return std::make_shared<const Study>(std::move(named));
            });
    }

    void whatIsOpenedBesideLeavesTheFirstAsItIs()
    {
        m_session->open({"a.h5"});
        QVERIFY(wait());
        QVERIFY(!m_session->besideSide().chosen());
        m_session->filters().add(m_german);
        m_session->selection().choose({.site = SiteIndex(1), .expert = ExpertIndex(2)}, nullptr);
        m_session->openBeside({"b.h5"});
        QVERIFY(wait());
        QCOMPARE(m_session->paths(), (QStringList{"a.h5", "b.h5"}));
        QCOMPARE(traceOf(m_session->mainSide()), QString("a"));
        QCOMPARE(m_session->filters().steps(), std::vector{m_german});
        QCOMPARE(m_session->selection().pins().size(), std::size_t(1));
        QVERIFY(m_session->undo().canUndo());
        QVERIFY(m_session->besideSide().chosen());
        QCOMPARE(traceOf(m_session->besideSide()), QString("b"));
        QVERIFY(m_session->besideSide().filters().steps().empty());
        m_session->undo().undo();
        QVERIFY(m_session->filters().steps().empty());
        m_session->undo().redo();
        // What is open already is not opened again.
        QSignalSpy opened(m_session.get(), &Session::opened);
        m_session->openBeside({"a.h5"});
        QVERIFY(m_session->opening().isEmpty() && opened.isEmpty());
        QCOMPARE(traceOf(m_session->besideSide()), QString("a"));
        // What cannot be opened changes nothing.
        m_session->openBeside({"nothing.h5"});
        QVERIFY(wait());
        QVERIFY(m_session->error() && m_session->error()->message().find("nothing.h5") != std::string::npos);
        QCOMPARE(m_session->paths(), (QStringList{"a.h5", "b.h5"}));
        QCOMPARE(m_session->filters().steps(), std::vector{m_german});
    }

    void sidesAreSwappedInOneStep()
    {
        m_session->open({"a.h5", "b.h5"});
        QVERIFY(wait());
        QVERIFY(m_session->besideSide().chosen() && m_session->besideSide().trace() == 1); // opened together, to be compared
        m_session->filters().add(m_german);
        m_session->besideSide().choose(1);
        m_session->besideSide().filters().add(m_french);
        const Side a = m_session->mainSide().side(), b = m_session->besideSide().side();
        QSignalSpy changed(&m_session->filters(), &FilterStack::changed);
        m_session->mainSide().swapWith(m_session->besideSide());
        QVERIFY(m_session->mainSide().side() == b && m_session->besideSide().side() == a);
        QVERIFY(!changed.isEmpty()); // views of the window ask anew
        const Parameters none;
        QCOMPARE(m_session->question(none).trace, std::size_t(1));
        QVERIFY(m_session->question(none).scope == b.scope);
        m_session->undo().undo();
        QVERIFY(m_session->mainSide().side() == a && m_session->besideSide().side() == b);
        // Answers are those of the trace that is looked at.
        const auto tokens = [this] {
            std::optional<std::uint64_t> found;
            QObject asker;
            m_session->askExtent(&asker, [&](const Expected<Study::Extent>& extent) { found = extent.value().tokens; });
            (void)QTest::qWaitFor([&] { return found.has_value(); }, 5000);
            return found.value_or(0);
        };
        QCOMPARE(tokens(), std::uint64_t(800));
        m_session->mainSide().choose(1);
        QCOMPARE(tokens(), std::uint64_t(400));
        m_session->undo().undo();
        QCOMPARE(tokens(), std::uint64_t(800));
    }

    void theOtherSideIsClosed()
    {
        m_session->open({"a.h5"});
        QVERIFY(wait());
        m_session->filters().add(m_german);
        // Other tokens of the same trace: only the filters go.
        m_session->besideSide().filters().add(m_french);
        QVERIFY(m_session->besideSide().chosen());
        m_session->closeBeside();
        QVERIFY(!m_session->besideSide().chosen() && m_session->besideSide().filters().steps().empty());
        QVERIFY(m_session->opening().isEmpty());
        // Another trace: it is closed.
        m_session->openBeside({"b.h5"});
        QVERIFY(wait());
        m_session->closeBeside();
        QVERIFY(wait());
        QCOMPARE(m_session->paths(), QStringList{"a.h5"});
        QCOMPARE(m_session->filters().steps(), std::vector{m_german});
        QVERIFY(!m_session->besideSide().chosen());
        // The first one of the two, when A is the second: A stays what it is.
        m_session->openBeside({"b.h5"});
        QVERIFY(wait());
        m_session->mainSide().swapWith(m_session->besideSide());
        QCOMPARE(traceOf(m_session->mainSide()), QString("b"));
        m_session->filters().add(m_french);
        m_session->closeBeside();
        QVERIFY(wait());
        QCOMPARE(m_session->paths(), QStringList{"b.h5"});
        QCOMPARE(traceOf(m_session->mainSide()), QString("b"));
        QCOMPARE(m_session->filters().steps(), std::vector{m_french});
        QVERIFY(!m_session->undo().canUndo()); // steps spoke of other places
        // Another study altogether has none of it.
        m_session->besideSide().filters().add(m_german);
        m_session->open({"a.h5"});
        QVERIFY(wait());
        QVERIFY(!m_session->besideSide().chosen() && m_session->filters().steps().empty());
    }

    void whatTheOtherTraceLacksGoes()
    {
        m_session->open({"a.h5", "wide.h5"});
        QVERIFY(wait());
        QVERIFY(m_session->shapeNote().contains("wide has 5 routers of up to 48 experts"));
        QVERIFY(m_session->shapeNote().contains("a has 6 routers of up to 32 experts"));
        const FilterStep last{ExpertAt{SiteIndex(5), ExpertIndex(3)}};
        m_session->filters().add(m_german);
        m_session->filters().add(last);
        m_session->mainSide().choose(1);
        QCOMPARE(m_session->filters().steps(), std::vector{m_german}); // it has no sixth router
        m_session->undo().undo();
        QCOMPARE(m_session->filters().steps(), (std::vector{m_german, last}));
        // A side that is none is of the trace that is looked at.
        m_session->mainSide().choose(1);
        QCOMPARE(m_session->besideSide().trace(), std::size_t(1));
        m_session->open({"a.h5", "b.h5"});
        QVERIFY(wait());
        QVERIFY(m_session->shapeNote().isEmpty());
    }
};

EXPERTSCOPE_TEST(TestSessionSides)
#include "tst_sides.moc"
