// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_main.h"
#include "views/session/shared_selection.h"

#include <QSignalSpy>
#include <QTest>

using namespace expertscope;

class TestSharedSelection : public QObject
{
    Q_OBJECT

    const Subject m_a{.site = SiteIndex(3), .expert = ExpertIndex(27)}, m_b{.site = SiteIndex(5)};

private slots:
    void saysWhoSaysSo()
    {
        SharedSelection selection;
        QObject one;
        QSignalSpy hovered(&selection, &SharedSelection::hoveredChanged);
        selection.hover(m_a, &one);
        selection.hover(m_a, this); // no news
        selection.hover({}, this);
        QCOMPARE(hovered.size(), 2);
        QCOMPARE(hovered[0][0].value<QObject*>(), &one);
        QCOMPARE(hovered[1][0].value<QObject*>(), this);
        QVERIFY(selection.hovered().empty());
    }

    void choosingKeepsOnePinAndPinningMany()
    {
        SharedSelection selection;
        QSignalSpy changed(&selection, &SharedSelection::pinsChanged);
        selection.choose(m_a, this);
        selection.pin(m_b, this);
        QCOMPARE(selection.pins(), (std::vector{m_a, m_b}));
        QCOMPARE(selection.chosen(), m_b);
        QVERIFY(selection.pinned(m_a));
        selection.pin(m_a, this);
        QCOMPARE(selection.pins(), std::vector{m_b});
        selection.choose(m_a, this);
        QCOMPARE(selection.pins(), std::vector{m_a});
        selection.choose({}, this); // nothing there
        QCOMPARE(changed.size(), 4);
        selection.choose(m_a, this); // the only one again: off
        QVERIFY(selection.pins().empty() && selection.chosen().empty());
        selection.unpinAll(this); // no news
        QCOMPARE(changed.size(), 5);
    }

    void pinsOfASetComeTogether()
    {
        SharedSelection selection;
        QSignalSpy changed(&selection, &SharedSelection::pinsChanged);
        selection.choose(m_a, this);
        selection.pinAll({m_b, m_a, m_b, {}}, this);
        QCOMPARE(selection.pins(), (std::vector{m_b, m_a}));
        selection.pinAll({m_b, m_a}, this); // no news
        QCOMPARE(changed.size(), 2);
    }
};

EXPERTSCOPE_TEST(TestSharedSelection)
#include "tst_shared_selection.moc"
