/** Who belongs to the swarm, who is here, whose word counts together; and, where this node may, a way to invite. */
import type { Members } from "../../api.js";
import { useVerb } from "../asking.js";
import { Ago } from "../parts/ago.js";
import { DataTable } from "../parts/data-table.js";
import { figure, plural } from "../parts/figures.js";
import { Foreign } from "../parts/foreign.js";
import { Answered } from "../parts/notice.js";
import { ShortId } from "../parts/short-id.js";
import { hrefOf } from "../route.js";
import { Invite } from "./invite.js";

type Member = Members["members"][number];

/** Groups of more than one, named by the letters of the alphabet in the order of the list. */
const groupsOf = (members: readonly Member[]): ReadonlyMap<string, string> => {
  const sizes = new Map<string, number>();
  for (const { group } of members) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const shared = [...sizes].filter(([, size]) => size > 1).map(([group]) => group);
  return new Map(shared.map((group, place) => [group, `Group ${place + 1}`]));
};

const Here = ({ member: { isHere, isSelf } }: { readonly member: Member }) => (
  <span className={isHere || isSelf ? "here" : "here is-away"}>
    <span className="dot" aria-hidden="true" />
    {isSelf ? "this node" : isHere ? "here" : "away"}
  </span>
);

const MembersView = () => {
  const answer = useVerb("members", {});
  return (
    <Answered of={answer} what="the members">
      {({ members, mayInvite }) => {
        const groups = groupsOf(members);
        const here = members.filter(({ isHere, isSelf }) => isHere || isSelf).length;
        return (
          <>
            {mayInvite ? <Invite /> : null}
            <section className="card" aria-labelledby="who">
              <h2 id="who">
                {plural(members.length, "member")}, {figure(here)} here
              </h2>
              <p className="muted">
                Writers of one group count as one where trust is counted (E1): those of one node, and those invited by
                one member.
              </p>
              <DataTable
                caption="Members of the swarm"
                rows={members}
                keyOf={({ writer }) => writer}
                columns={[
                  {
                    name: "Name",
                    cell: ({ name, writer }) => (
                      <a href={hrefOf("entries", { author: writer })} title="What it wrote">
                        <Foreign text={name ?? writer} max={40} />
                      </a>
                    ),
                  },
                  { name: "Presence", cell: (member) => <Here member={member} /> },
                  { name: "Role", cell: ({ role }) => <Foreign text={role} max={20} /> },
                  {
                    name: "Standing",
                    cell: ({ status, reason }) => (
                      <>
                        <Foreign text={status} max={20} />
                        {reason === undefined ? null : (
                          <span className="muted">
                            {": "}
                            <Foreign text={reason} max={120} />
                          </span>
                        )}
                      </>
                    ),
                  },
                  { name: "Counts", cell: ({ group }) => groups.get(group) ?? "alone" },
                  {
                    name: "Searches for",
                    cell: ({ claims }) =>
                      claims.length === 0 ? (
                        ""
                      ) : (
                        <>
                          {claims.slice(0, 2).map((claim) => (
                            <ShortId key={claim} id={claim} />
                          ))}
                          {claims.length > 2 ? ` and ${figure(claims.length - 2)} more` : ""}
                        </>
                      ),
                  },
                  {
                    name: "Canon, it said",
                    isNumber: true,
                    cell: ({ canonBlocks }) => (canonBlocks === undefined ? "" : figure(canonBlocks)),
                  },
                  { name: "Since", cell: ({ at }) => (at === undefined ? "" : <Ago at={at} />) },
                  { name: "Writer", cell: ({ writer }) => <ShortId id={writer} /> },
                ]}
              />
            </section>
          </>
        );
      }}
    </Answered>
  );
};
export default MembersView;
