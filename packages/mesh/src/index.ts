/** @herdmind/mesh: the libp2p gossipsub network between peers. */
export {};
